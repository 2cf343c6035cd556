"""Reading the register: as a file, as the public page shows it, and as what it compiles into."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import F, Min, Model, Q
from django_scopes import scopes_disabled

from tillit.foundation.clock import now
from tillit.foundation.models import Tenant, User
from tillit.foundation.tenancy import in_tenant
from tillit.foundation.texts import pick
from tillit.trust.choices import Place
from tillit.trust.dated import Entry
from tillit.trust.keepers import keepers
from tillit.trust.models import (
    Agreement,
    Certificate,
    DataCentre,
    Measure,
    NoticeRead,
    Objection,
    Operator,
    Processor,
    Region,
    Retention,
    Revision,
    Statement,
    Told,
)
from tillit.trust.parts import PARTS, OperatorPart, PromisesPart
from tillit.trust.routes import Route, parse_reached_at
from tillit.trust.variables import Variable, variables_of

FORMAT = 1
NOTICE_DAYS = 30  # for a new or moved processor, where the register does not promise more
CONTACTS_HOLD = timedelta(days=364)  # RFC 9116 recommends less than a year
LISTS: dict[str, type[Any]] = {
    "statements": Statement,
    "agreements": Agreement,
    "regions": Region,
    "data_centres": DataCentre,
    "measures": Measure,
    "certificates": Certificate,
    "retention": Retention,
    "processors": Processor,
}
KEYS = {name: "key" if name == "statements" else "slug" for name in LISTS}  # what an entry is called by


@dataclass(frozen=True)
class TrustPage:
    """Everything the public page says, in the order of the register. `operator` is None before the first register.

    `processors` are those in force and those to come.
    """

    operator: Operator | None
    changed_at: datetime | None
    statements: dict[str, list[Statement]] = field(default_factory=dict)
    agreements: list[Agreement] = field(default_factory=list)
    regions: list[Region] = field(default_factory=list)
    measures: list[tuple[Place, list[Measure]]] = field(default_factory=list)
    processors: list[Processor] = field(default_factory=list)
    data_centres: list[DataCentre] = field(default_factory=list)


def operator() -> Operator | None:
    return Operator.objects.first()


def changed_at() -> datetime | None:
    """When an entry of the register last changed."""
    return Revision.objects.that_changed().values_list("at", flat=True).first()


def trust_page() -> TrustPage:
    """Eight queries, whatever the size."""
    at = now()
    statements = defaultdict(list)
    for statement in Statement.objects.in_force(at):
        statements[statement.section].append(statement)
    measures = list(Measure.objects.in_force(at).filter(checked_by=""))
    by_place = [(place, [measure for measure in measures if measure.place == place]) for place in Place]
    return TrustPage(
        operator(),
        changed_at(),
        dict(statements),
        list(Agreement.objects.in_force(at)),
        list(Region.objects.in_force(at)),
        [(place, found) for place, found in by_place if found],
        list(Processor.objects.standing(at)),
        list(DataCentre.objects.in_force(at)),
    )


def sizes() -> dict[str, int]:
    """How many entries each list has."""
    return {name: noun.objects.said().count() for name, noun in LISTS.items()}


def contacts_hold_until() -> datetime | None:
    """How long the published contacts are to be trusted: just under a year after the register was last applied."""
    applied = Revision.objects.values_list("at", flat=True).first()
    return applied + CONTACTS_HOLD if applied else None


def export_register() -> dict[str, Any]:
    """The register as a file says it, with the parts other rooms keep; empty before the first one was applied."""
    held = operator()
    if held is None:
        return {}
    register: dict[str, Any] = {
        "format": FORMAT,
        "operator": _said(held, OperatorPart.model_fields),
        "promises": _said(held, PromisesPart.model_fields),
    }
    for name, noun in LISTS.items():
        register[name] = [said_by(name, row) for row in noun.objects.said()]
    for keeper in keepers():
        register |= keeper.export()
    return {name: part for name, part in register.items() if part}


def said_by(section: str, row: Entry) -> dict[str, Any]:
    """One version of an entry as the file said it."""
    return _said(row, PARTS[section].model_fields)


def _said(row: Model, keys: dict[str, Any]) -> dict[str, Any]:
    """The keys that say something; an empty one is left out of the file."""
    return {key: value for key in keys if (value := getattr(row, key))}


def operators_name() -> str:
    """As the register in force says it; empty before the first one was applied."""
    return Operator.objects.values_list("name", flat=True).first() or ""


def example_mark() -> dict[str, str] | None:
    """Where the examples come from that the register in force holds; None where it holds none."""
    source: dict[str, str] | None = Operator.objects.filter(example_data=True).values_list("source", flat=True).first()
    return source


def region_names() -> dict[str, str]:
    """The register's regions in its order: slug to name in the reader's language."""
    return {region.slug: pick(region.name)[0] for region in Region.objects.in_force()}


def notice_days(promises: Mapping[str, Any] | None = None) -> int:
    """How many days before a new or moved processor is reached customers are told, by these promises or today's."""
    if promises is None:
        held = operator()
        return (held and held.processor_notice_days) or NOTICE_DAYS
    return promises.get("processor_notice_days") or NOTICE_DAYS


def retention_hours(holding: str) -> int | None:
    """How long the register lets this holding keep what it has; None where no rule says so."""
    return Retention.objects.in_force().filter(holding=holding).values_list("hours", flat=True).first()


def variables() -> dict[str, Variable]:
    """The register's values by name, as texts of agreements may use them."""
    return variables_of(export_register(), notice_days=notice_days())


def routes() -> list[Route]:
    """What the register compiles into: every way out that is open, was open within a day, or will open."""
    cloud = Tenant.objects.filter(kind=Tenant.Kind.OPERATOR).first()
    if cloud is None:
        return []
    with in_tenant(cloud):
        shut = _shut_for()
        since = now() - timedelta(days=1)
        return [
            route
            for processor in Processor.objects.filter(purposes__len__gt=0).not_ended(since)
            if processor.ended_at is None or processor.ended_at > processor.in_force_at
            for route in _routes_of(processor, shut)
        ]


def _shut_for() -> dict[str, list[tuple[int, int]]]:
    """By processor: from which version on it is shut for which tenant."""
    shut = defaultdict(list)
    for objection in objections():
        if objection.outcome != Objection.Outcome.WITHDRAWN:
            shut[objection.processor].append((objection.number, objection.tenant_id))
    return shut


def processor_names() -> dict[str, str]:
    """Slug to name, of every processor there ever was; its newest name."""
    return dict(Processor.objects.order_by("number").values_list("slug", "name"))


def objections() -> list[Objection]:
    """Every customer's, newest first; only in the operator's tenant are there more than one's own."""
    with scopes_disabled():  # row-level security lets the operator read them
        return list(Objection.objects.select_related("tenant", "raised_by"))


class Resting(NamedTuple):
    """A purpose that a customer goes without, because its objection keeps the way to a processor shut."""

    purpose: str
    processor: Processor
    since: datetime


def resting(tenant: Tenant) -> list[Resting]:
    """What rests for this customer now; one query where there is no objection."""
    at = now()
    with in_tenant(tenant):
        objected = dict(Objection.objects.standing().values_list("processor", "number"))
    if not objected:
        return []
    found = []
    for processor in Processor.objects.in_force(at).filter(slug__in=objected):
        if processor.number >= objected[processor.slug]:
            since = _held_since(processor, objected[processor.slug], at)
            found += [Resting(purpose, processor, since) for purpose in processor.purposes]
    return found


def _held_since(processor: Processor, number: int, at: datetime) -> datetime:
    """When a version of this number or a later one first came into force."""
    begun = Processor.objects.filter(slug=processor.slug, number__gte=number, in_force_at__lte=at)
    begun = begun.filter(Q(ended_at=None) | Q(ended_at__gt=F("in_force_at")))
    return begun.aggregate(since=Min("in_force_at"))["since"]


def notices(user: User, tenant: Tenant) -> list[Told]:
    """What this administrator was told of and has not put away yet; newest first."""
    with in_tenant(tenant):
        read = NoticeRead.objects.filter(user=user).values("told")
        return list(Told.objects.filter(until__gt=now()).exclude(pk__in=read))


def _routes_of(processor: Processor, shut: Mapping[str, list[tuple[int, int]]]) -> list[Route]:
    objecting = frozenset(tenant for number, tenant in shut.get(processor.slug, ()) if processor.number >= number)
    return [
        Route(
            processor=processor.slug,
            number=processor.number,
            protocol=protocol,
            host=host,
            port=port,
            purposes=frozenset(processor.purposes),
            opens_at=processor.in_force_at,
            closes_at=processor.ended_at,
            private_network=processor.private_network,
            shut_for=objecting,
        )
        for protocol, host, port in map(parse_reached_at, processor.reached_at)
    ]
