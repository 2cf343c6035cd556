from django.urls import URLPattern, URLResolver, path

from tillit.availability.clocks import panels, views

app_name = "clocks"
urlpatterns: list[URLPattern | URLResolver] = [
    path("operator/clocks/", views.clocks, name="clocks"),
    path("operator/clocks/<int:pk>/<slug:deadline>", views.report, name="report"),
    path("operator/clocks/incidents/<int:incident>/", views.facts, name="facts"),
    path("operator/clocks/incidents/<int:incident>.json", views.facts_json, name="facts_json"),
    path("panels/desk-clocks/<int:incident>", panels.desk, name="desk"),
]
