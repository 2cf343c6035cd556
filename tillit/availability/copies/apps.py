from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CopiesConfig(AppConfig):
    name = "tillit.availability.copies"
    label = "copies"
    verbose_name = _("Copies")
    default_auto_field = "django.db.models.BigAutoField"
