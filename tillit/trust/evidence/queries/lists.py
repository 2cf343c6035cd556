"""Who acts on a public form, and what an event of the register means for subscribers."""

from __future__ import annotations

from typing import Any

from tillit.foundation.access import Actor
from tillit.foundation.models import Event, Tenant
from tillit.trust.models import Processor

KINDS = {"trust.entry_announced": "announced", "trust.entry_ended": "ended"}


def visitor() -> Actor:
    """Somebody without an account: may ask for mails and leave the list, in the operator's tenant, and nothing else."""
    cloud = Tenant.objects.get(kind=Tenant.Kind.OPERATOR)
    return Actor(cloud, None, "visitor", frozenset({"evidence.subscribe"}))


def news_of(event: Event) -> tuple[str, dict[str, Any]] | None:
    """What names it, and its facts; None for what is no processor's."""
    if event.data.get("section") != "processors":
        return None
    row = Processor.objects.filter(pk=event.subject_id).first() if event.subject_id else None
    if row is None:
        return None
    kind = KINDS[event.name]
    facts = {"kind": kind, "slug": row.slug, "number": row.number, "in_force_at": event.data.get("in_force_at")}
    return f"{kind}/{row.slug}/{row.number}", facts
