from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from tillit.foundation.menu import MenuEntry


class ClocksConfig(AppConfig):
    name = "tillit.availability.clocks"
    label = "clocks"
    verbose_name = _("Reporting deadlines")
    default_auto_field = "django.db.models.BigAutoField"

    grants = {"clocks.keep": ("operator",)}
    events = ("clocks.started", "clocks.reported")
    panels = {"desk.clocks": "clocks:desk"}
    menu = (MenuEntry(_("Deadlines"), "clocks:clocks", "clocks.keep", "d", 76),)
