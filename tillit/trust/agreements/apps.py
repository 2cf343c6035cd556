from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from tillit.foundation.menu import MenuEntry


class AgreementsConfig(AppConfig):
    name = "tillit.trust.agreements"
    label = "agreements"
    verbose_name = _("Agreements")
    default_auto_field = "django.db.models.BigAutoField"

    grants = {
        "agreements.edit": ("operator",),
        "agreements.read": ("administrator", "member", "reader"),
        "agreements.accept": ("administrator",),
    }
    events = (
        "agreements.drafted",
        "agreements.draft_withdrawn",
        "agreements.published",
        "agreements.accepted",
        "agreements.access_requested",
        "agreements.access_answered",
    )
    published = {"agreements.published": "tillit.trust.agreements.publishing.version"}
    checks = {"agreements-in-step": "tillit.trust.agreements.checks.in_step"}
    panels = {"foundation.banner": "agreements:waiting"}
    register_meaning = "tillit.trust.agreements.queries.meaning"
    menu = (
        MenuEntry(_("Agreements"), "agreements:shelf", "agreements.read", "v", 85),
        MenuEntry(_("Agreements"), "agreements:desk", "agreements.edit", "v", 82),
    )
