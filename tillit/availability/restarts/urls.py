from django.urls import URLPattern, URLResolver, path

from tillit.availability.restarts import panels, views

app_name = "restarts"
urlpatterns: list[URLPattern | URLResolver] = [
    path("status/restarts/", views.restarts, name="restarts"),
    path("status/restarts.json", views.as_document, name="json"),
    path("status/panels/restarts", panels.panel, name="panel"),
]
