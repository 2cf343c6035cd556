from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from tillit.foundation.menu import MenuEntry


class EvidenceConfig(AppConfig):
    name = "tillit.trust.evidence"
    label = "evidence"
    verbose_name = _("Evidence")
    default_auto_field = "django.db.models.BigAutoField"

    grants = {
        "evidence.read": ("administrator", "member", "reader"),
        "evidence.download": ("administrator",),
        "evidence.subscribe": (),  # `queries.lists.visitor`
        "evidence.tell": (),  # the clock and reactions alone
    }
    events = ("evidence.details_remembered", "evidence.subscribed", "evidence.unsubscribed")
    holdings = {"unconfirmed-subscriptions": "tillit.trust.evidence.holdings.UnconfirmedSubscriptions"}
    panels = {"trust.more": "evidence:more"}
    menu = (MenuEntry(_("Trust"), "evidence:mine", "evidence.read", "t", 84),)
