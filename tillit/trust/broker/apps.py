from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BrokerConfig(AppConfig):
    name = "tillit.trust.broker"
    label = "broker"
    verbose_name = _("Broker")
    default_auto_field = "django.db.models.BigAutoField"

    grants = {"broker.record": (), "broker.look": ("operator",)}
    events = ("broker.refused",)
