from django.urls import URLPattern, URLResolver, path

from tillit.availability.copies import panels

app_name = "copies"
urlpatterns: list[URLPattern | URLResolver] = [
    path("status/panels/copy", panels.copy_line, name="copy_line"),
]
