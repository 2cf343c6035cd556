from django.urls import path

from tillit.crm.imports import views

app_name = "imports"
urlpatterns = [
    path("companies/import/", views.upload, {"kind": "company"}, name="companies"),
    path("persons/import/", views.upload, {"kind": "person"}, name="persons"),
    path("imports/<int:import_id>/columns/", views.columns, name="columns"),
    path("imports/<int:import_id>/reading/", views.reading, name="reading"),
    path("imports/<int:import_id>/", views.run, name="run"),
    path("imports/<int:import_id>/stop/", views.stop, name="stop"),
    path("imports/<int:import_id>/undo/", views.undo, name="undo"),
    path("imports/<int:import_id>/rejected.csv", views.report, name="report"),
    path("imports/<int:import_id>/unchanged.csv", views.unchanged, name="unchanged"),
]
