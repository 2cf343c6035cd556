from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from tillit.foundation.menu import MenuEntry


class TrustConfig(AppConfig):
    name = "tillit.trust"
    verbose_name = _("Trust")
    default_auto_field = "django.db.models.BigAutoField"

    grants = {
        "trust.edit_register": ("operator",),
        "trust.object": ("administrator",),
        "trust.read_announcements": ("administrator", "member", "reader"),
    }
    events = (
        "trust.register_applied",
        "trust.entry_proposed",
        "trust.proposal_withdrawn",
        "trust.entry_announced",
        "trust.entry_ended",
        "trust.objection_raised",
        "trust.objection_withdrawn",
        "trust.objection_terminated",
    )
    panels = {"foundation.banner": "trust:notices"}
    regions = "tillit.trust.queries.region_names"
    operators_name = "tillit.trust.queries.operators_name"
    example_mark = "tillit.trust.queries.example_mark"
    menu = (MenuEntry(_("Register"), "trust:register", "trust.edit_register", "r", 80),)
    published = {
        "trust.register_applied": "tillit.trust.published.register",
        "trust.entry_announced": "tillit.trust.published.register",
        "trust.entry_ended": "tillit.trust.published.register",
        "trust.objection_raised": "tillit.trust.published.objections",
        "trust.objection_withdrawn": "tillit.trust.published.objections",
        "trust.objection_terminated": "tillit.trust.published.objections",
    }
