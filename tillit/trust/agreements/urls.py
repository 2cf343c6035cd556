from django.urls import URLPattern, URLResolver, path

from tillit.trust.agreements import panels
from tillit.trust.agreements.views import customer, operator, public

app_name = "agreements"
urlpatterns: list[URLPattern | URLResolver] = [
    path("trust/agreements/given/<str:key>/", public.given, name="given"),
    path("trust/agreements/<slug:slug>.json", public.twin, name="twin"),
    path("trust/agreements/<slug:slug>/", public.agreement, name="agreement"),
    path("trust/agreements/<slug:slug>/compare/", public.compare, name="compare"),
    path("trust/agreements/<slug:slug>/<int:number>/", public.agreement, name="version"),
    path("trust/agreements/<slug:slug>/<int:number>/<slug:language>.md", public.text, name="text"),
    path("agreements/", customer.shelf, name="shelf"),
    path("agreements/acceptances.csv", customer.export, name="acceptances_csv"),
    path("agreements/panels/waiting", panels.waiting, name="waiting"),
    path("agreements/<slug:slug>/", customer.agreement, name="read"),
    path("agreements/<slug:slug>/accept/", customer.accept, name="accept"),
    path("agreements/<slug:slug>/ask/", customer.ask, name="ask"),
    path("agreements/<slug:slug>/<int:number>/", customer.agreement, name="read_version"),
    path("agreements/<slug:slug>/<int:number>/<slug:language>.md", customer.text, name="read_text"),
    path("agreements/<slug:slug>/<int:old>/<int:new>/", customer.compare, name="compare_inside"),
    path("operator/agreements/", operator.desk, name="desk"),
    path("operator/agreements/acceptances/", operator.acceptances, name="acceptances"),
    path("operator/agreements/acceptances.csv", operator.export, name="all_acceptances_csv"),
    path("operator/agreements/requests/", operator.requests, name="requests"),
    path("operator/agreements/requests/<int:pk>", operator.answer, name="answer"),
    path("operator/agreements/<slug:slug>/", operator.edit, name="edit"),
    path("operator/agreements/<slug:slug>/publish", operator.publish, name="publish"),
    path("operator/agreements/<slug:slug>/withdraw", operator.withdraw, name="withdraw"),
]
