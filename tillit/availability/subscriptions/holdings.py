"""What is kept here for a time: subscriptions nobody confirmed, and what was sent."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from tillit.availability.subscriptions.models import Delivery, Subscriber, Told
from tillit.foundation.access import Actor
from tillit.foundation.models import NamedWay

NOWHERE = "canary.invalid"  # RFC 2606: no mail can reach it


class UnconfirmedStatusSubscriptions:
    """Addresses that asked for news of the service and did not confirm; counted from when they asked last."""

    label = _("Unconfirmed subscriptions to the status page")

    def purge(self, before: datetime) -> int:
        late = Subscriber.objects.unconfirmed().filter(asked_at__lt=before)
        NamedWay.objects.filter(pk__in=late.values("endpoint__named_way")).delete()
        return late.delete()[1].get("subscriptions.Subscriber", 0)

    def plant(self, _actor: Actor) -> str:
        email = f"canary-{secrets.token_hex(8)}@{NOWHERE}"
        return str(Subscriber.objects.create(way=Subscriber.Way.MAIL, email=email, language="en").pk)

    def use(self, key: str) -> None:
        """Look it up, as confirming does."""
        if not self.exists(key):
            raise LookupError("The planted address is gone.")

    def exists(self, key: str) -> bool:
        return Subscriber.objects.filter(pk=int(key)).exists()


class StatusDeliveries:
    """What was sent to whom; counted from when it was said."""

    label = _("What was sent to subscribers of the status page")

    def purge(self, before: datetime) -> int:
        Told.objects.filter(at__lt=before).delete()
        return Delivery.objects.filter(created_at__lt=before).delete()[0]

    def plant(self, _actor: Actor) -> str:
        return str(Told.objects.create(thing=f"canary/{secrets.token_hex(8)}").pk)

    def use(self, key: str) -> None:
        if not self.exists(key):
            raise LookupError("The planted record is gone.")

    def exists(self, key: str) -> bool:
        return Told.objects.filter(pk=int(key)).exists()
