from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from tillit.foundation.menu import MenuEntry
from tillit.foundation.purposes import Purpose


class BrokerConfig(AppConfig):
    name = "tillit.trust.broker"
    label = "broker"
    verbose_name = _("Broker")
    default_auto_field = "django.db.models.BigAutoField"

    grants = {"broker.record": (), "broker.look": ("operator",)}  # the broker alone records
    events = ("broker.refused",)
    purposes = {"database": Purpose(_("The database"), _("Nothing works without it."))}
    holdings = {"broker-decisions": "tillit.trust.broker.holdings.BrokerDecisions"}
    panels = {"trust.flows": "broker:flows"}
    menu = (MenuEntry(_("Traffic"), "broker:traffic", "broker.look", "f", 83),)
    published = {"broker.refused": "tillit.trust.broker.publishing.attempt"}
