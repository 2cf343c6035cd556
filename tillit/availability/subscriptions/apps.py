from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from tillit.foundation.purposes import Purpose


class SubscriptionsConfig(AppConfig):
    name = "tillit.availability.subscriptions"
    label = "subscriptions"
    verbose_name = _("Subscriptions")
    default_auto_field = "django.db.models.BigAutoField"

    purposes = {
        "status-webhook": Purpose(
            _("Status webhooks"),
            _("They wait, and are tried again for three days."),
            named_by_recipient=True,
        )
    }
