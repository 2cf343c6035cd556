from django.urls import URLPattern, URLResolver, path, re_path

from tillit.trust import panels
from tillit.trust.views import machine, public, tenant
from tillit.trust.views.operator import entries, file, proposals

app_name = "trust"
urlpatterns: list[URLPattern | URLResolver] = [
    path("trust/", public.page, name="page"),
    path("trust/processors/<slug:slug>/", public.processor, name="processor_history"),
    re_path(r"^trust/(?P<name>agreements|regions|measures|processors)/$", public.part, name="part"),
    path("trust/processors.json", machine.processors, name="processors_json"),
    path("trust/agreements.json", machine.agreements, name="agreements_json"),
    path("trust/measures.json", machine.measures, name="measures_json"),
    path("trust/regions.json", machine.regions, name="regions_json"),
    path("trust/data-centres.json", machine.data_centres, name="data_centres_json"),
    path("trust/statements.json", machine.statements, name="statements_json"),
    path(".well-known/security.txt", machine.security, name="security"),
    path("robots.txt", machine.robots, name="robots"),
    path("my-trust/processors/<slug:slug>/", tenant.processor, name="processor"),
    path("my-trust/processors/<slug:slug>/object/", tenant.object_to, name="object"),
    path("my-trust/objections/<int:objection>/withdraw/", tenant.end_objection, {"how": "withdraw"}, name="relent"),
    path("my-trust/objections/<int:objection>/terminate/", tenant.end_objection, {"how": "terminate"}, name="leave"),
    path("my-trust/notices/read/", tenant.put_away, name="put_away"),
    path("panels/trust/notices/", panels.notices, name="notices"),
    path("operator/register/", entries.overview, name="register"),
    path("operator/register/file/", file.file, name="file"),
    path("operator/register/operator.toml", file.export, name="export"),
    path("operator/register/blank.toml", file.template, name="template"),
    path("operator/register/objections/", proposals.objections, name="objections"),
    path("operator/register/proposals/<int:proposal>/", proposals.announce, name="announce"),
    path("operator/register/proposals/<int:proposal>/withdraw/", proposals.withdraw, name="withdraw"),
    path("operator/register/new/<slug:section>/", entries.new, name="new"),
    path("operator/register/<slug:section>/", entries.section, name="section"),
    path("operator/register/<slug:section>/<slug:slug>/", entries.entry, name="entry"),
    path("operator/register/<slug:section>/<slug:slug>/edit/", entries.edit, name="edit"),
]
