from django.urls import URLPattern, URLResolver, path

from tillit.trust.evidence import panels
from tillit.trust.evidence.views import fragment, lists, machine, mine, public

app_name = "evidence"
urlpatterns: list[URLPattern | URLResolver] = [
    path("my-trust/", mine.page, name="mine"),
    path("my-trust/dora/", mine.dora, name="my_dora"),
    path("my-trust/gdpr/", mine.gdpr, name="my_gdpr"),
    path("my-trust/gdpr/record.json", mine.record_json, name="record_json"),
    path("my-trust/gdpr/record.csv", mine.record_csv, name="record_csv"),
    path("my-trust/annexes/", mine.annexes, name="my_annexes"),
    path("my-trust/dora/register/", fragment.fragment, name="fragment"),
    path("my-trust/dora/register/package.zip", fragment.package, name="package"),
    path("trust/subscribe/", lists.subscribe, name="subscribe"),
    path("trust/subscribe/confirm/<str:token>/", lists.confirm, name="confirm"),
    path("trust/subscribe/leave/<str:token>/", lists.leave, name="leave"),
    path("trust/dora/", public.dora, name="dora"),
    path("trust/gdpr/", public.gdpr, name="gdpr"),
    path("trust/jurisdiction/", public.jurisdiction, name="jurisdiction"),
    path("trust/annexes/", public.annexes, name="annexes"),
    path("trust/dora.json", machine.dora, name="dora_json"),
    path("trust/gdpr.json", machine.gdpr, name="gdpr_json"),
    path("trust/jurisdiction.json", machine.jurisdiction, name="jurisdiction_json"),
    path("trust/annexes.json", machine.annexes, name="annexes_json"),
    path("trust/index.json", machine.index, name="index_json"),
    path("trust/index.jsonld", machine.index_jsonld, name="index_jsonld"),
    path("trust/schemas/<slug:name>.json", machine.schema, name="schema"),
    path("trust/panels/more", panels.more, name="more"),
]
