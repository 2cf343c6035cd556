from django.urls import URLPattern, URLResolver, path, re_path

from tillit.trust.views import machine, operator, public

app_name = "trust"
urlpatterns: list[URLPattern | URLResolver] = [
    path("trust/", public.page, name="page"),
    path("trust/agreements/<slug:slug>/", public.agreement, name="agreement"),
    re_path(r"^trust/(?P<name>agreements|regions|measures|processors)/$", public.part, name="part"),
    path("trust/processors.json", machine.processors, name="processors_json"),
    path("trust/agreements.json", machine.agreements, name="agreements_json"),
    path("trust/measures.json", machine.measures, name="measures_json"),
    path("trust/regions.json", machine.regions, name="regions_json"),
    path("trust/statements.json", machine.statements, name="statements_json"),
    path(".well-known/security.txt", machine.security, name="security"),
    path("robots.txt", machine.robots, name="robots"),
    path("operator/register/", operator.register, name="register"),
    path("operator/register/operator.toml", operator.export, name="export"),
    path("operator/register/blank.toml", operator.template, name="template"),
]
