"""Reading the register: as a file, and as the public page shows it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Model

from tillit.foundation.texts import pick
from tillit.trust.keepers import keepers
from tillit.trust.models import Agreement, Measure, Operator, Place, Processor, Region, Revision, Statement
from tillit.trust.register import PARTS, OperatorPart, PromisesPart

FORMAT = 1
CONTACTS_HOLD = timedelta(days=364)  # RFC 9116 recommends less than a year
LISTS: dict[str, type[Statement | Agreement | Region | Measure | Processor]] = {
    "statements": Statement,
    "agreements": Agreement,
    "regions": Region,
    "measures": Measure,
    "processors": Processor,
}


@dataclass(frozen=True)
class TrustPage:
    """Everything the public page says, in the order of the register. `operator` is None before the first register."""

    operator: Operator | None
    changed_at: datetime | None
    statements: dict[str, list[Statement]] = field(default_factory=dict)
    agreements: list[Agreement] = field(default_factory=list)
    regions: list[Region] = field(default_factory=list)
    measures: list[tuple[Place, list[Measure]]] = field(default_factory=list)
    processors: list[Processor] = field(default_factory=list)


def operator() -> Operator | None:
    return Operator.objects.first()


def changed_at() -> datetime | None:
    """When an entry of the register last changed."""
    return Revision.objects.that_changed().values_list("at", flat=True).first()


def trust_page() -> TrustPage:
    """Seven queries, whatever the size."""
    statements = defaultdict(list)
    for statement in Statement.objects.all():
        statements[statement.section].append(statement)
    measures = list(Measure.objects.all())
    by_place = [(place, [measure for measure in measures if measure.place == place]) for place in Place]
    return TrustPage(
        operator(),
        changed_at(),
        dict(statements),
        list(Agreement.objects.all()),
        list(Region.objects.all()),
        [(place, found) for place, found in by_place if found],
        list(Processor.objects.all()),
    )


def sizes() -> dict[str, int]:
    """How many entries each list has."""
    return {name: noun.objects.count() for name, noun in LISTS.items()}


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
        register[name] = [_said(row, PARTS[name].model_fields) for row in noun.objects.all()]
    for keeper in keepers():
        register |= keeper.export()
    return {name: part for name, part in register.items() if part}


def _said(row: Model, keys: dict[str, Any]) -> dict[str, Any]:
    """The keys that say something; an empty one is left out of the file."""
    return {key: value for key in keys if (value := getattr(row, key))}


def region_names() -> dict[str, str]:
    """The register's regions in its order: slug to name in the reader's language."""
    return {region.slug: pick(region.name)[0] for region in Region.objects.all()}
