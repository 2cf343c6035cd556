from django.urls import URLPattern, URLResolver, path

from tillit.trust.broker import panels, views

app_name = "broker"
urlpatterns: list[URLPattern | URLResolver] = [
    path("trust/flows.json", views.flows_json, name="flows_json"),
    path("trust/refused.json", views.refused_json, name="refused_json"),
    path("operator/traffic/", views.traffic, name="traffic"),
    path("operator/traffic/traffic.csv", views.export, name="export"),
    path("panels/broker/flows/", panels.flows, name="flows"),
]
