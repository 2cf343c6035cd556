"""A customer's own page: what the cloud says, and what really happens, for this one tenant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tillit.foundation.models import Tenant
from tillit.foundation.purposes import known_purposes
from tillit.trust.agreements import queries as agreements
from tillit.trust.broker.queries import Volume, flows_of
from tillit.trust.evidence.addresses import address
from tillit.trust.evidence.queries.cloud import Cloud
from tillit.trust.models import Objection, Processor
from tillit.trust.proof.queries.checks import ProvenMeasure


@dataclass(frozen=True)
class Seen:
    """That this tenant's data went to a processor for one purpose: when last, and how much, as a class."""

    purpose_label: str
    last_at: datetime
    volume: Volume


@dataclass(frozen=True)
class Used:
    """A processor as it stands for this tenant. `rests`: what the tenant does without while it objects."""

    processor: Processor
    purposes: list[str]
    rests: list[str]
    coming: bool
    objection: Objection | None
    seen: list[Seen]

    @property
    def link(self) -> str:
        """Where one reads it and may object."""
        return address("trust:processor", self.processor.slug)


@dataclass(frozen=True)
class MyTrustPage:
    """Everything the page says about one tenant, the announced processors apart."""

    cloud: Cloud
    used: list[Used]
    announced: list[Used]
    agreements: list[agreements.Standing]
    objections: list[Objection]
    measures: list[ProvenMeasure]

    @property
    def names(self) -> dict[str, str]:
        """Slug to name of the processors that stand."""
        return {one.slug: one.name for one in self.cloud.processors}


def my_trust_page(cloud: Cloud) -> MyTrustPage:
    """For the tenant that is active; a fixed number of queries."""
    objections = list(Objection.objects.select_related("raised_by", "ended_by"))
    seen = _seen(cloud.tenant) if cloud.tenant else {}
    all_of_them = [_used(row, objections, seen.get(row.slug, []), coming=False) for row in cloud.subprocessors]
    coming = [_used(row, objections, [], coming=True) for row in cloud.coming]
    standings = [one for one in agreements.standings() if one.shelf.in_force or one.shelf.coming]
    return MyTrustPage(cloud, all_of_them, coming, standings, objections, cloud.measures)


def _used(row: Processor, objections: list[Objection], seen: list[Seen], *, coming: bool) -> Used:
    known = known_purposes()
    said = [known[name] for name in row.purposes if name in known]
    standing = (
        one
        for one in objections
        if one.processor == row.slug and one.outcome != Objection.Outcome.WITHDRAWN and row.number >= one.number
    )
    objection = next(standing, None)
    rests = [str(one.rests) for one in said] if objection else []
    return Used(row, [str(one.label) for one in said], rests, coming, objection, seen)


def _seen(tenant: Tenant) -> dict[str, list[Seen]]:
    """By processor, and by its purposes: what went there for this tenant in the last 90 days."""
    known = known_purposes()
    return {
        one.processor.slug: [
            Seen(str(known[seen.purpose].label) if seen.purpose in known else seen.purpose, seen.last_at, seen.volume)
            for seen in one.seen
        ]
        for one in flows_of(tenant)
        if one.processor is not None
    }
