from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from tillit.foundation.purposes import Purpose


class CopiesConfig(AppConfig):
    name = "tillit.availability.copies"
    label = "copies"
    verbose_name = _("Copies")
    default_auto_field = "django.db.models.BigAutoField"

    grants = {"copies.write": ("operator",)}
    purposes = {
        "status-copy": Purpose(
            _("Keeping a copy of the status page elsewhere"), _("The copy there grows old and says «no signal».")
        ),
    }
    checks = {"status-copy": "tillit.availability.copies.checks.status_copy"}
    panels = {"status.copy": "copies:copy_line"}
