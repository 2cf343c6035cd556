from django.urls import URLPattern, URLResolver, path

from tillit.availability.releases import api, panels, views

app_name = "releases"
urlpatterns: list[URLPattern | URLResolver] = [
    path("status/releases.json", api.releases, name="json"),
    path("status/panels/releases", panels.on_status_page, name="on_status_page"),
    path("panels/my-release", panels.mine_in_short, name="mine_in_short"),
    path("my-release/", views.mine, name="mine"),
    path("operator/releases/", views.releases, name="releases"),
    path("operator/releases/draw", views.draw, name="draw"),
    path("operator/releases/<int:pk>/", views.release, name="release"),
    path("operator/releases/<int:pk>/hold", views.change, {"what": "hold"}, name="hold"),
    path("operator/releases/<int:pk>/continue", views.change, {"what": "continue"}, name="continue"),
    path("operator/releases/<int:pk>/back", views.change, {"what": "back"}, name="back"),
]
