from django.urls import URLPattern, URLResolver

app_name = "copies"
urlpatterns: list[URLPattern | URLResolver] = []
