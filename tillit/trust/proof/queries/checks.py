"""Measures, certificates and retention rules with what proves them. Every list costs a fixed number of queries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from tillit.foundation.checks import known_checks
from tillit.foundation.clock import now
from tillit.foundation.holdings import holding, known_holdings
from tillit.trust.models import Certificate, Measure, Processor, Retention
from tillit.trust.proof.badges import (
    Badge,
    badge_of_certificate,
    badge_of_measure,
    badge_of_retention,
    period_of,
)
from tillit.trust.proof.models.checks import Canary, CheckRun

EVERY = timedelta(minutes=15)  # how old a good run may grow; a bad one is asked again at every round


@dataclass(frozen=True)
class ProvenMeasure:
    """A measure that a check proves, or that is claimed until a day."""

    measure: Measure
    run: CheckRun | None
    badge: Badge

    @property
    def period_hours(self) -> int:
        return period_of(self.measure)


@dataclass(frozen=True)
class HeldCertificate:
    """`holder` is the name of the processor, empty for the operator itself."""

    certificate: Certificate
    holder: str
    badge: Badge


@dataclass(frozen=True)
class KeptRule:
    """A holding with its rule; without one it is kept until somebody deletes it. `proof`: the last canary that went."""

    holding: str
    label: str
    rule: Retention | None = None
    living: Canary | None = None
    proof: Canary | None = None
    badge: Badge | None = None


@dataclass(frozen=True)
class CheckState:
    """A check as the operator sees it. `measures`: those that it proves."""

    name: str
    run: CheckRun | None
    measures: list[Measure]


def proven_measures(at: datetime | None = None) -> list[ProvenMeasure]:
    """Two queries."""
    at = at or now()
    measures = [row for row in Measure.objects.in_force(at) if row.checked_by or row.claim_until]
    return _with_runs(measures, at)


def proven_measure(slug: str) -> ProvenMeasure | None:
    at = now()
    return next(iter(_with_runs(list(Measure.objects.in_force(at).filter(slug=slug)), at)), None)


def _with_runs(measures: list[Measure], at: datetime) -> list[ProvenMeasure]:
    runs = CheckRun.objects.newest_of({row.checked_by for row in measures} - {""})
    found = [(row, runs.get(row.checked_by)) for row in measures]
    return [ProvenMeasure(row, run, badge_of_measure(row, run, at)) for row, run in found]


def held_certificates(at: datetime | None = None) -> list[HeldCertificate]:
    """Two queries."""
    at = at or now()
    rows = list(Certificate.objects.in_force(at))
    asked = {row.processor for row in rows} - {""}
    names = dict(Processor.objects.in_force(at).filter(slug__in=asked).values_list("slug", "name"))
    held = [(row, names.get(row.processor, row.processor)) for row in rows]
    return [HeldCertificate(row, name, badge_of_certificate(row, at)) for row, name in held]


def kept_rules(at: datetime | None = None) -> list[KeptRule]:
    """Every rule in force in the register's order, then what is kept without one. Two queries."""
    at = at or now()
    rules = [rule for rule in Retention.objects.in_force(at) if rule.holding in known_holdings()]
    canaries = Canary.objects.last_two_of(rule.slug for rule in rules)
    kept = [_kept(rule, canaries.get(rule.slug, []), at) for rule in rules]
    without = known_holdings().keys() - {rule.holding for rule in rules}
    return kept + [KeptRule(name, str(holding(name).label)) for name in known_holdings() if name in without]


def _kept(rule: Retention, canaries: list[Canary], at: datetime) -> KeptRule:
    return KeptRule(
        rule.holding,
        str(holding(rule.holding).label),
        rule,
        next((canary for canary in canaries if canary.gone_at is None), None),
        next((canary for canary in canaries if canary.gone_at is not None), None),
        badge_of_retention(rule, canaries, at),
    )


def rules_in_force() -> list[str]:
    """The slugs of the rules that the purge obeys now."""
    rules = Retention.objects.in_force().filter(holding__in=list(known_holdings()))
    return list(rules.values_list("slug", flat=True))


def check_states() -> list[CheckState]:
    """Every declared check, by name. Two queries."""
    runs = CheckRun.objects.newest_of(known_checks())
    proves: dict[str, list[Measure]] = {}
    for measure in Measure.objects.in_force().exclude(checked_by=""):
        proves.setdefault(measure.checked_by, []).append(measure)
    return [CheckState(name, runs.get(name), proves.get(name, [])) for name in sorted(known_checks())]


def due_checks() -> list[str]:
    """Checks whose last run is old, was bad, or is dated in the future because the clock was set back."""
    at, runs = now(), CheckRun.objects.newest_of(known_checks())
    fresh = {name for name, run in runs.items() if run.ok and at - EVERY < run.at <= at}
    return [name for name in known_checks() if name not in fresh]
