from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "tillit.site"
    label = "site"

    register_keepers = ("tillit.site.register.availability",)  # see tillit/trust/keepers.py
    checks = {
        "supported-versions": "tillit.site.checks.supported_versions",
        "patch-age": "tillit.site.checks.patch_age",
        "backup": "tillit.site.checks.backup_is_restored",
    }
    holdings = {"backups": "tillit.site.holdings.Backups"}
