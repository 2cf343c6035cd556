from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AdvisoriesConfig(AppConfig):
    name = "tillit.availability.advisories"
    label = "advisories"
    verbose_name = _("Advisories")
    default_auto_field = "django.db.models.BigAutoField"
