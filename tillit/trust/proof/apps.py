from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from tillit.foundation.menu import MenuEntry
from tillit.foundation.purposes import Purpose


class ProofConfig(AppConfig):
    name = "tillit.trust.proof"
    label = "proof"
    verbose_name = _("Proof")
    default_auto_field = "django.db.models.BigAutoField"

    grants = {
        "proof.run_checks": ("operator",),
        "proof.keep_retention": (),  # the clock alone
        "proof.keep_log": ("operator",),
        "proof.witness": ("operator",),
        "proof.take_cosignatures": (),  # the witness's signature authorises it
    }
    events = ("proof.check_failed", "proof.check_recovered", "proof.split_view_found")
    purposes = {
        "witness": Purpose(_("Watching other trust logs"), _("Other logs are watched again once the way is open.")),
    }
    checks = {
        "security-contacts": "tillit.trust.proof.checks.security_contacts",
        "mail-purge": "tillit.trust.proof.checks.mail_is_purged",
        "retention": "tillit.trust.proof.checks.retention_is_kept",
        "processor-notice": "tillit.trust.proof.checks.processors_are_announced",
    }
    holdings = {"check-runs": "tillit.trust.proof.holdings.CheckRuns"}
    panels = {"trust.proof": ("proof:section", "proof:log_panel")}
    menu = (MenuEntry(_("Checks"), "proof:checks", "proof.run_checks", "h", 82),)
    published = {
        "proof.check_failed": "tillit.trust.proof.checks_published.changed",
        "proof.check_recovered": "tillit.trust.proof.checks_published.changed",
    }
