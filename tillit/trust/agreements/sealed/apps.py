from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from tillit.foundation.purposes import Purpose


class SealedConfig(AppConfig):
    name = "tillit.trust.agreements.sealed"
    label = "sealed"
    verbose_name = _("Sealed documents")

    events = ("sealed.document_made", "sealed.bundle_asked", "sealed.bundle_made")
    purposes = {
        "time-stamping": Purpose(
            _("Time stamps on sealed documents"), _("New documents wait for their seal until the way is open.")
        )
    }
