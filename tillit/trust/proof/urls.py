from django.urls import URLPattern, URLResolver

app_name = "proof"
urlpatterns: list[URLPattern | URLResolver] = []
