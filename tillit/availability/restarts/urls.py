from django.urls import URLPattern, URLResolver

app_name = "restarts"
urlpatterns: list[URLPattern | URLResolver] = []
