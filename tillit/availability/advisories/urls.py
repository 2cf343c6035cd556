from django.urls import URLPattern, URLResolver, path

from tillit.availability.advisories import views

app_name = "advisories"
urlpatterns: list[URLPattern | URLResolver] = [
    path("status/advisories/", views.public_list, name="public_list"),
    path("status/advisories/<slug:slug>/", views.public_one, name="public_one"),
    path(".well-known/csaf/provider-metadata.json", views.provider, name="provider"),
    path(".well-known/csaf/white/index.txt", views.index, name="index"),
    path(".well-known/csaf/white/changes.csv", views.changes, name="changes"),
    path(".well-known/csaf/white/<int:year>/<slug:slug>.json", views.document, name="document"),
    path("operator/emergencies/", views.emergencies, name="emergencies"),
    path("operator/emergencies/<int:pk>/confirm", views.confirm, name="confirm"),
    path("operator/emergencies/<int:pk>/withdraw", views.withdraw, name="withdraw"),
    path("operator/advisories/new", views.write, name="write"),
    path("operator/advisories/<slug:slug>/", views.advisory, name="advisory"),
    path("operator/advisories/<slug:slug>/publish", views.publish, name="publish"),
]
