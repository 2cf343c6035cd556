from django.urls import URLPattern, URLResolver, path

from tillit.availability.probes.views import receiving

app_name = "probes"
urlpatterns: list[URLPattern | URLResolver] = [
    path("status/samples", receiving.samples, name="samples"),
]
