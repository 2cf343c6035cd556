from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ProofConfig(AppConfig):
    name = "tillit.trust.proof"
    label = "proof"
    verbose_name = _("Proof")
    default_auto_field = "django.db.models.BigAutoField"
