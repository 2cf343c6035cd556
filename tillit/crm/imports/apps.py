from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ImportsConfig(AppConfig):
    name = "tillit.crm.imports"
    label = "imports"
    verbose_name = _("Import")
    default_auto_field = "django.db.models.BigAutoField"
    grants = {"imports.run": ("administrator", "member")}
    events = (
        "imports.uploaded",
        "imports.started",
        "imports.finished",
        "imports.stopped",
        "imports.failed",
        "imports.undone",
    )
    holdings = {"import-uploads": "tillit.crm.imports.holdings.Uploads"}
