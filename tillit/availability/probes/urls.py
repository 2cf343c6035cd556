from django.urls import URLPattern, URLResolver, path

from tillit.availability.probes import panels
from tillit.availability.probes.views import downloads, probers, receiving

app_name = "probes"
urlpatterns: list[URLPattern | URLResolver] = [
    path("status/samples", receiving.samples, name="samples"),
    path("status/samples/", downloads.months, name="months"),
    path("status/samples/<str:period>.csv", downloads.samples, name="download"),
    path("status/samples/<str:month>.json", downloads.beside, name="beside"),
    path("status/uptime.json", downloads.uptime, name="uptime"),
    path("status/panels/uptime", panels.bars, name="bars"),
    path("operator/panels/unmeasured", panels.unmeasured, name="unmeasured"),
    path("operator/probers/", probers.probers, name="probers"),
    path("operator/probers/<slug:name>/end", probers.end, name="end"),
]
