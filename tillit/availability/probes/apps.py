from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from tillit.foundation.menu import MenuEntry


class ProbesConfig(AppConfig):
    name = "tillit.availability.probes"
    label = "probes"
    verbose_name = _("Probes")
    default_auto_field = "django.db.models.BigAutoField"

    grants = {
        "probes.manage": ("operator",),
        "probes.measure": (),  # the product itself
    }
    events = ("probes.prober_added", "probes.prober_ended", "probes.account_made")
    holdings = {"probe-samples": "tillit.availability.probes.holdings.Samples"}
    panels = {"status.uptime": "probes:bars", "desk.parts": "probes:unmeasured"}
    menu = (MenuEntry(_("Probers"), "probes:probers", "probes.manage", "o", 77),)
