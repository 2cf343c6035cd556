from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from tillit.foundation.menu import MenuEntry


class AdvisoriesConfig(AppConfig):
    name = "tillit.availability.advisories"
    label = "advisories"
    verbose_name = _("Advisories")
    default_auto_field = "django.db.models.BigAutoField"

    grants = {
        "advisories.write": ("operator",),
        "advisories.ask": ("operator",),
        "advisories.confirm": ("operator",),
        "advisories.remind": (),  # the clock alone
    }
    events = (
        "advisories.advisory_written",
        "advisories.advisory_published",
        "advisories.advisory_revised",
        "advisories.emergency_asked",
        "advisories.emergency_confirmed",
        "advisories.emergency_withdrawn",
        "advisories.publication_reminded",
    )
    published = {
        "advisories.advisory_published": "tillit.availability.advisories.publishing.advisory",
        "advisories.advisory_revised": "tillit.availability.advisories.publishing.advisory",
    }
    asked_emergency = "tillit.availability.advisories.queries.is_asked"
    checks = {"advisories-follow-emergencies": "tillit.availability.advisories.checks.advisories_follow_emergencies"}
    menu = (MenuEntry(_("Emergencies"), "advisories:emergencies", "advisories.ask", "e", 72),)
