from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _

from tillit.foundation.purposes import Purpose


class FoundationConfig(AppConfig):
    name = "tillit.foundation"
    verbose_name = _("Foundation")
    default_auto_field = "django.db.models.BigAutoField"

    purposes = {
        "mail": Purpose(_("Sending mail"), _("Messages wait in the queue and are sent once the way is open.")),
        "mail-in": Purpose(_("Reading what comes back"), _("Letters that came back wait in the mailbox.")),
    }
    checks = {
        "row-level-security": "tillit.foundation.checks.row_level_security",
        "ledger": "tillit.foundation.checks.ledger",
        "application-role": "tillit.foundation.checks.application_role",
        "database-way": "tillit.foundation.checks.database_way",
        "transport-encryption": "tillit.foundation.checks.transport_encryption",
        "passwords": "tillit.foundation.checks.passwords",
        "confinement": "tillit.foundation.checks.confinement",
    }
    holdings = {"outgoing-mail": "tillit.foundation.holdings.OutgoingMail"}

    def ready(self) -> None:
        autodiscover_modules("reactions")
