from django.urls import URLPattern, URLResolver, include, path

from tillit.trust.proof import checks_urls

app_name = "proof"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", include(checks_urls.urlpatterns)),
]
