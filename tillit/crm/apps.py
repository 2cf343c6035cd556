from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from tillit.foundation.menu import MenuEntry


class CRMConfig(AppConfig):
    name = "tillit.crm"
    verbose_name = _("CRM")
    default_auto_field = "django.db.models.BigAutoField"

    grants = {
        "crm.read": ("administrator", "member", "reader"),
        "crm.edit": ("administrator", "member"),
        "crm.export": ("administrator", "member"),
    }
    events = (
        "crm.company_created",
        "crm.company_changed",
        "crm.company_archived",
        "crm.company_restored",
        "crm.person_created",
        "crm.person_changed",
        "crm.person_archived",
        "crm.person_restored",
        "crm.selection_created",
        "crm.selection_deleted",
        "crm.exported",
    )
    menu = (
        MenuEntry(_("Companies"), "crm:companies", "crm.read", "c", 10),
        MenuEntry(_("Persons"), "crm:persons", "crm.read", "p", 20),
    )
