from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from tillit.foundation.menu import MenuEntry


class AvailabilityConfig(AppConfig):
    name = "tillit.availability"
    verbose_name = _("Availability")
    default_auto_field = "django.db.models.BigAutoField"

    grants = {
        "availability.announce": ("operator",),
        "availability.run_work": ("operator",),
        "availability.read_receipt": ("administrator",),
        "availability.manage_incidents": ("operator",),
        "availability.measure": (),  # the product itself
        "availability.dismiss": ("administrator", "member", "reader", "operator"),
    }
    events = (
        "availability.rules_applied",
        "availability.components_applied",
        "availability.maintenance_announced",
        "availability.maintenance_moved",
        "availability.maintenance_revised",
        "availability.maintenance_cancelled",
        "availability.maintenance_completed",
        "availability.work_begun",
        "availability.work_ended",
        "availability.notices_proven",
        "availability.notice_counted",
        "availability.incident_opened",
        "availability.incident_taken_over",
        "availability.incident_updated",
        "availability.incident_revised",
        "availability.incident_resolved",
        "availability.postmortem_published",
        "availability.promise_reminded",
        "availability.incident_template_kept",
        "availability.incident_template_dropped",
        "availability.component_state_changed",
        "availability.component_measured",
        "availability.notice_shown",
        "availability.notice_dismissed",
        "availability.mail_chosen",
    )
    windowed_jobs = {
        "restart": _("Restart of the servers"),
        "upgrade": _("Upgrade of the product"),
        "system": _("Updates of the operating system"),
        "patches": _("Security patches of a vendor"),
        "infrastructure": _("Work on the infrastructure"),
        "emergency": _("Emergency patch"),
    }
    checks = {"maintenance-notice": "tillit.availability.checks.maintenance_is_announced"}
    published = {
        "availability.maintenance_announced": "tillit.availability.publishing.window",
        "availability.maintenance_moved": "tillit.availability.publishing.window",
        "availability.maintenance_revised": "tillit.availability.publishing.window",
        "availability.maintenance_cancelled": "tillit.availability.publishing.window",
        "availability.maintenance_completed": "tillit.availability.publishing.window",
        "availability.notice_counted": "tillit.availability.publishing.notice",
        "availability.incident_opened": "tillit.availability.publishing.incident",
        "availability.incident_updated": "tillit.availability.publishing.incident",
        "availability.incident_taken_over": "tillit.availability.publishing.incident",
        "availability.incident_revised": "tillit.availability.publishing.incident",
        "availability.incident_resolved": "tillit.availability.publishing.incident",
        "availability.postmortem_published": "tillit.availability.publishing.incident",
    }
    placing = "tillit.availability.moving.refuse_early"
    standstill = "tillit.availability.effects.standstill"
    panels = {
        "tenants.sign_in": "availability:sign_in_notice",
        "foundation.banner": "availability:banner",
        "trust.page": "availability:plan_section",
        "my-trust.windows": "availability:my_windows",
        "tenants.profile": "availability:mail_link",
        "tenants.placing": "availability:placing",
    }
    menu = (
        MenuEntry(_("Maintenance"), "availability:calendar", "availability.announce", "w", 70),
        MenuEntry(_("Incidents"), "availability:incidents", "availability.manage_incidents", "i", 75),
    )
