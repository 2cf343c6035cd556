"""What the broker decides by, and what it saw: for the operator, the public page and a customer's own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, models
from django.db.models import Case, CharField, Count, F, Max, Q, QuerySet, Sum, Value, When
from django.utils.translation import gettext_lazy as _
from django_scopes import scopes_disabled

from tillit.foundation.clock import now
from tillit.foundation.models import NamedWay, Tenant
from tillit.foundation.purposes import named_purposes
from tillit.foundation.tenancy import in_tenant
from tillit.trust import queries as register
from tillit.trust.broker.models import SHOWN_FOR, Decision, Flow, Reason
from tillit.trust.broker.rules import Named, Register
from tillit.trust.models import Processor

UNUSED_AFTER = timedelta(days=90)
MOST_REFUSALS = 200  # alike ones are one


class Volume(models.TextChoices):
    """How much, without saying how much exactly: sizes tell about people."""

    NONE = "none", _("nothing")
    SMALL = "under-1-mb", _("under 1 MB")
    MIDDLE = "under-100-mb", _("1 to 100 MB")
    LARGE = "under-10-gb", _("100 MB to 10 GB")
    HUGE = "more", _("over 10 GB")

    @classmethod
    def of(cls, count: int) -> Volume:
        """The class of so many bytes."""
        limits = ((0, cls.NONE), (1_000_000, cls.SMALL), (100_000_000, cls.MIDDLE), (10_000_000_000, cls.LARGE))
        return next((volume for limit, volume in limits if count < limit or count == limit == 0), cls.HUGE)


@dataclass(frozen=True)
class Seen:
    """What was observed of one processor and purpose in the last 90 days, and when last at all."""

    processor: str
    purpose: str
    last_at: datetime
    volume: Volume


@dataclass(frozen=True)
class Declared:
    """A processor that may be reached, beside what was seen; `processor` None: what the register does not list."""

    processor: Processor | None
    seen: list[Seen]
    watched_since: datetime | None  # the first decision on record; what was before nobody knows

    @property
    def last_at(self) -> datetime | None:
        return max((one.last_at for one in self.seen), default=None)

    @property
    def unused(self) -> bool:
        """In force and watched for 90 days, and not reached in them."""
        before = now() - UNUSED_AFTER
        if self.processor is None or self.watched_since is None:
            return False
        if max(self.processor.in_force_at, self.watched_since) > before:
            return False
        return self.last_at is None or self.last_at < before


@dataclass(frozen=True)
class NamedPlaces:
    """How many addresses recipients named for a purpose and confirmed, and what was seen going there. Never which."""

    purpose: str
    count: int
    seen: Seen | None


@dataclass(frozen=True)
class Refusal:
    """Attempts of the last 30 days that are alike. `host` is empty where a customer or recipient named it."""

    host: str
    port: int
    purpose: str
    reason: Reason
    processor: str
    times: int
    last_at: datetime


@dataclass(frozen=True)
class Shown:
    """Everything the public page says of flows. `since`: from when on refused attempts would be known."""

    declared: list[Declared]
    refused: list[Refusal]
    since: date | None
    named: list[NamedPlaces] = field(default_factory=list)


def read_register() -> Register:
    """What may be reached, as the register stands. Raises LookupError before the tables are prepared."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (moment,) = cursor.fetchone()
    tenants = dict(Tenant.objects.values_list("pk", "kind"))
    operator = next((pk for pk, kind in tenants.items() if kind == Tenant.Kind.OPERATOR), None)
    if operator is None:
        raise LookupError("The tables are not prepared: there is no operator.")
    open_ways = NamedWay.objects.filter(closed_at=None, purpose__in=named_purposes())
    named = frozenset(Named(*way) for way in open_ways.values_list("tenant_id", "purpose", "host", "port"))
    return Register(tuple(register.routes()), frozenset(tenants), operator, moment, named)


@contextmanager
def everybody() -> Iterator[Tenant]:
    """Inside, the rows of all customers are there, which the operator may see; gives the operator."""
    operator = Tenant.objects.get(kind=Tenant.Kind.OPERATOR)
    with in_tenant(operator), scopes_disabled():  # row-level security lets the operator read what both sides see
        yield operator


def public_flows() -> Shown:
    """Declared beside observed, and what was refused, over all customers. Nine queries at most."""
    processors = Processor.objects.filter(purposes__len__gt=0).standing()
    with everybody() as operator:
        first = _watched_since()
        declared, outside = _beside(processors, Flow.objects.all(), first)
        refused = _refused(Flow.objects.refused_by_rule(), operator)
        named = _named(outside)
    since = max(first, now() - SHOWN_FOR).date() if first else None
    return Shown(declared, refused, since, named)


def _named(outside: list[Seen]) -> list[NamedPlaces]:
    """Of each purpose whose addresses recipients name: how many there are, and what was observed in 90 days."""
    ways = NamedWay.objects.filter(closed_at=None).exclude(confirmed_at=None)
    counts = dict(ways.values_list("purpose").annotate(count=Count("pk")).order_by("purpose"))
    seen = {one.purpose: one for one in outside}
    return [NamedPlaces(name, counts.get(name, 0), seen.get(name)) for name in sorted(named_purposes())]


def _watched_since() -> datetime | None:
    """When the broker first decided. Of what a retention rule has deleted, the last contacts are left in the sums."""
    decided = Decision.objects.order_by("pk").values_list("at", flat=True).first()
    summed = Flow.objects.order_by("pk").values_list("last_at", flat=True).first()
    return min(filter(None, (decided, summed)), default=None)


def flows_of(tenant: Tenant) -> list[Declared]:
    """The processors that were really reached for this customer in 90 days, those it was last reached first."""
    newest = Processor.objects.order_by("slug", "-number").distinct("slug")
    with in_tenant(tenant):
        used = [one for one in _beside(newest, Flow.objects.all(), None)[0] if one.seen]
    return sorted(used, key=lambda one: one.last_at or now(), reverse=True)


def _beside(
    processors: Iterable[Processor], flows: QuerySet[Flow], watched: datetime | None
) -> tuple[list[Declared], list[Seen]]:
    """Each processor once, the version that holds; and last what was seen of ones that are not there.

    Apart from these, what went to addresses that recipients named.
    """
    current: dict[str, Processor] = {}
    for processor in processors:
        current.setdefault(processor.slug, processor)
    lately = (now() - UNUSED_AFTER).date()
    seen = _seen(flows.filter(day__gte=lately))
    if missing := current.keys() - {one.processor for one in seen}:
        seen += _seen(flows.filter(processor__in=missing), volume=Volume.NONE)
    found = [
        Declared(processor, [one for one in seen if one.processor == slug], watched)
        for slug, processor in current.items()
    ]
    outside = [one for one in seen if not one.processor and one.purpose in named_purposes()]
    others = [one for one in seen if one.processor not in current and one not in outside]
    return [*found, *([Declared(None, others, watched)] if others else [])], outside


def _seen(flows: QuerySet[Flow], *, volume: Volume | None = None) -> list[Seen]:
    """What came about, by processor and purpose. One query."""
    sums = flows.filter(reason="").values("processor", "purpose").order_by("processor", "purpose")
    sums = sums.annotate(last=Max("last_at"), volume=Sum(F("bytes_out") + F("bytes_in")))
    return [Seen(row["processor"], row["purpose"], row["last"], volume or Volume.of(row["volume"])) for row in sums]


def _refused(flows: QuerySet[Flow], operator: Tenant) -> list[Refusal]:
    """A host is public where the register names it, or where our own program asked; else only that there was one."""
    public = (Q(tenant=operator) | ~Q(processor="")) & ~Q(purpose__in=named_purposes())
    shown = Case(When(public, then=F("host")), default=Value(""), output_field=CharField())
    port = Case(When(public, then=F("port")), default=Value(0))
    sums = flows.annotate(shown=shown, shown_port=port).values("shown", "shown_port", "purpose", "reason", "processor")
    sums = sums.annotate(times=Sum("contacts"), last=Max("last_at")).order_by("-last", "shown", "reason")
    return [
        Refusal(
            row["shown"],
            row["shown_port"],
            row["purpose"],
            Reason(row["reason"]),
            row["processor"],
            row["times"],
            row["last"],
        )
        for row in sums[:MOST_REFUSALS]
    ]


def decisions(
    *, refused: bool = True, tenant: str = "", purpose: str = "", host: str = "", before: int | None = None
) -> QuerySet[Decision]:
    """Of all customers, the newest first; to be read inside `everybody`."""
    wanted: dict[str, Any] = {"tenant__slug": tenant, "purpose": purpose, "host": host.lower(), "pk__lt": before}
    found = Decision.objects.filter(**{name: value for name, value in wanted.items() if value})
    found = found.select_related("tenant").order_by("-pk")
    return found.refused() if refused else found
