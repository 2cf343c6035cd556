from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RestartsConfig(AppConfig):
    name = "tillit.availability.restarts"
    label = "restarts"
    verbose_name = _("Restarts")
    default_auto_field = "django.db.models.BigAutoField"

    grants = {"restarts.record": ("operator",)}
    events = ("restarts.recorded",)
    published = {"restarts.recorded": "tillit.availability.restarts.publishing.run"}
    panels = {"status.restarts": "restarts:panel"}
