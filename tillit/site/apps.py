from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "tillit.site"
    label = "site"

    register_keepers = ("tillit.site.register.availability",)  # see tillit/trust/keepers.py
