"""Where each room's pages stand."""

from django.urls import include, path

from tillit.site import health, metrics

urlpatterns = [
    path("healthz", health.lives),
    path("readyz", health.ready),
    path("metrics", metrics.metrics),
    path("api/v1/", include("tillit.site.api.urls")),
    path("", include("tillit.tenants.urls")),
    path("", include("tillit.trust.evidence.urls")),
    path("", include("tillit.trust.agreements.sealed.urls")),
    path("", include("tillit.trust.agreements.urls")),
    path("", include("tillit.trust.proof.urls")),
    path("", include("tillit.trust.broker.urls")),
    path("", include("tillit.trust.urls")),
    path("", include("tillit.availability.advisories.urls")),
    path("", include("tillit.availability.clocks.urls")),
    path("", include("tillit.availability.probes.urls")),
    path("", include("tillit.availability.releases.urls")),
    path("", include("tillit.availability.restarts.urls")),
    path("", include("tillit.availability.subscriptions.urls")),
    path("", include("tillit.availability.copies.urls")),
    path("", include("tillit.availability.urls")),
    path("", include("tillit.crm.imports.urls")),
    path("", include("tillit.crm.urls")),
    path("", include("tillit.site.pages")),
]

handler400 = "tillit.site.health.bad_request"
handler403 = "tillit.tenants.views.entrance.forbidden"
handler500 = "tillit.site.health.server_error"
