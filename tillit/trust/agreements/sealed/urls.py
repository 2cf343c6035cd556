from django.urls import URLPattern, URLResolver, path

from tillit.trust.agreements.sealed import views

app_name = "sealed"
urlpatterns: list[URLPattern | URLResolver] = [
    path("trust/seal/", views.seal, name="seal"),
    path("trust/seal.pem", views.certificate, name="certificate"),
    path("trust/agreements/<slug:slug>/<int:number>/<slug:language>.pdf", views.pdf, name="pdf"),
    path("agreements/bundle/", views.bundle, name="bundle"),
    path("agreements/bundle/<int:pk>.pdf", views.bundle_file, name="bundle_file"),
    path("agreements/<slug:slug>/<int:number>/<slug:language>.pdf", views.pdf_inside, name="read_pdf"),
]
