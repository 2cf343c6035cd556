from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from tillit.foundation.menu import MenuEntry
from tillit.foundation.purposes import Purpose


class SubscriptionsConfig(AppConfig):
    name = "tillit.availability.subscriptions"
    label = "subscriptions"
    verbose_name = _("Subscriptions")
    default_auto_field = "django.db.models.BigAutoField"

    grants = {
        "subscriptions.subscribe": (),  # `queries.visitor`
        "subscriptions.tell": (),  # the clock, reactions and jobs alone
        "subscriptions.count": ("operator",),
    }
    events = (
        "subscriptions.confirmed",
        "subscriptions.left",
        "subscriptions.webhook_verified",
        "subscriptions.webhook_disabled",
        "subscriptions.paused",
        "subscriptions.resumed",
    )
    holdings = {
        "unconfirmed-status-subscriptions": "tillit.availability.subscriptions.holdings.UnconfirmedStatusSubscriptions",
        "status-deliveries": "tillit.availability.subscriptions.holdings.StatusDeliveries",
    }
    purposes = {
        "status-webhook": Purpose(
            _("Status webhooks"),
            _("They wait, and are tried again for three days."),
            named_by_recipient=True,
        )
    }
    menu = (MenuEntry(_("Subscriptions"), "subscriptions:counted", "subscriptions.count", "s", 78),)
    panels = {"status.subscribe": "subscriptions:ways"}
