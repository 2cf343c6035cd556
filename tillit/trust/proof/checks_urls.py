"""Addresses of measures, badges and the operator's desk of checks; `urls.py` includes them."""

from django.urls import URLPattern, URLResolver, path

from tillit.trust.proof.views import checks

urlpatterns: list[URLPattern | URLResolver] = [
    path("trust/checks.json", checks.checks_json, name="checks_json"),
    path("trust/certificates.json", checks.certificates_json, name="certificates_json"),
    path("trust/retention.json", checks.retention_json, name="retention_json"),
    path("trust/badges/<slug:slug>.svg", checks.badge, name="badge"),
    path("trust/panels/proof", checks.section, name="section"),
    path("operator/checks/", checks.desk, name="checks"),
    path("operator/checks/run/", checks.run_now, name="run"),
    path("operator/checks/<slug:name>/", checks.history, name="check"),
]
