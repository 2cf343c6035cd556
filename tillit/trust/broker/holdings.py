"""What the broker keeps for a time."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from tillit.foundation.access import Actor
from tillit.foundation.clock import now
from tillit.foundation.models import Tenant
from tillit.foundation.tenancy import in_tenant
from tillit.trust.broker.actions import record_decisions
from tillit.trust.broker.journal import Decided
from tillit.trust.broker.models import Decision, Flow, Reason
from tillit.trust.broker.queries import everybody

NOWHERE = "canary.invalid"  # RFC 2606: nobody can be reached there
LEAST = timedelta(days=100)  # the trust page speaks of the last 90; the database deletes nothing younger either


class BrokerDecisions:
    """Decisions, counted from when they were made, and daily sums, from the last one in them.

    When a processor was last reached for a customer stays known, so that one that nobody uses can be told.
    """

    label = _("Decisions of the broker and their daily sums")
    least_hours = LEAST // timedelta(hours=1)

    def purge(self, before: datetime) -> int:
        return sum(self._purge(tenant, before) for tenant in Tenant.objects.order_by("pk"))

    def _purge(self, tenant: Tenant, before: datetime) -> int:
        alike = {name: OuterRef(name) for name in ("processor", "purpose")}
        with in_tenant(tenant), connection.cursor() as cursor:
            cursor.execute("SELECT broker_forget(%s)", [before])
            (decisions,) = cursor.fetchone()
            later = Flow.objects.contacts_made().filter(last_at__gt=OuterRef("last_at"), **alike)
            old = Flow.objects.filter(last_at__lt=min(before, now() - LEAST))
            return int(decisions) + old.filter(~Q(reason="") | Exists(later)).delete()[0]

    def plant(self, actor: Actor) -> str:
        """A refusal of the cloud's own, for a host that cannot be; it is on no public page."""
        host = f"{secrets.token_hex(8)}.{NOWHERE}"
        marked = Decided(
            at=now().timestamp(), tenant=None, purpose="canary", host=host, port=1, allowed=False, reason=Reason.NAME
        )
        record_decisions(actor, decided=[marked])
        return host

    def use(self, key: str) -> None:
        """Look it up, as the operator's page does, and its sum."""
        with everybody():
            if not (Decision.objects.filter(host=key).exists() and Flow.objects.filter(host=key).exists()):
                raise LookupError("The planted decision is gone.")

    def exists(self, key: str) -> bool:
        with everybody():
            return Decision.objects.filter(host=key).exists() or Flow.objects.filter(host=key).exists()
