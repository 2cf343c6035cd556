"""What is kept here for a time: addresses that have not confirmed."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from tillit.foundation.access import Actor
from tillit.trust.evidence.models import Subscriber

NOWHERE = "canary.invalid"  # RFC 2606: no mail can reach it


class UnconfirmedSubscriptions:
    """Mail addresses that asked for news and did not confirm; counted from when they asked last."""

    label = _("Unconfirmed subscriptions")

    def purge(self, before: datetime) -> int:
        return Subscriber.objects.unconfirmed().filter(asked_at__lt=before).delete()[0]

    def plant(self, _actor: Actor) -> str:
        email = f"canary-{secrets.token_hex(8)}@{NOWHERE}"
        return str(Subscriber.objects.create(email=email, language="en").pk)

    def use(self, key: str) -> None:
        """Look it up, as confirming does."""
        if not self.exists(key):
            raise LookupError("The planted address is gone.")

    def exists(self, key: str) -> bool:
        return Subscriber.objects.filter(pk=int(key)).exists()
