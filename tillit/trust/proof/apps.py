from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from tillit.foundation.menu import MenuEntry


class ProofConfig(AppConfig):
    name = "tillit.trust.proof"
    label = "proof"
    verbose_name = _("Proof")
    default_auto_field = "django.db.models.BigAutoField"

    grants = {
        "proof.run_checks": ("operator",),
        "proof.keep_retention": (),  # the clock alone
        "proof.keep_log": ("operator",),
    }
    events = ("proof.check_failed", "proof.check_recovered")
    checks = {
        "security-contacts": "tillit.trust.proof.checks.security_contacts",
        "mail-purge": "tillit.trust.proof.checks.mail_is_purged",
        "retention": "tillit.trust.proof.checks.retention_is_kept",
        "processor-notice": "tillit.trust.proof.checks.processors_are_announced",
    }
    panels = {"trust.proof": ("proof:section", "proof:log_panel")}
    menu = (MenuEntry(_("Checks"), "proof:checks", "proof.run_checks", "h", 82),)
    published = {
        "proof.check_failed": "tillit.trust.proof.checks_published.changed",
        "proof.check_recovered": "tillit.trust.proof.checks_published.changed",
    }
