"""What a measure, a certificate or a retention rule may show: computed when somebody reads, set by nobody.

Three questions and the clock: did the check say yes, is that fresh, and has a date passed that the register names.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from dateutil.relativedelta import relativedelta
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tillit.foundation.formats import local_date, local_datetime
from tillit.trust.models import Certificate, Measure, Retention
from tillit.trust.proof.models.checks import Canary, CheckRun

PERIOD_HOURS = 24  # where a measure says nothing else
CLOCKS_DIFFER = timedelta(minutes=5)
EXPIRES_SOON = timedelta(days=30)
REPORT_AGES = relativedelta(months=15)  # a yearly report, and a quarter until the next one is written


class State(models.TextChoices):
    """The colour, for programs; people read the word and see the sign."""

    GREEN = "green", gettext_lazy("Proven")
    AMBER = "amber", gettext_lazy("Needs attention")
    RED = "red", gettext_lazy("Not kept")
    GREY = "grey", gettext_lazy("Not proven")


SIGNS = {State.GREEN: "✓", State.AMBER: "!", State.RED: "✗", State.GREY: "?"}
TONES = {State.GREEN: "good", State.AMBER: "warn", State.RED: "bad", State.GREY: "idle"}


@dataclass(frozen=True)
class Badge:
    """`reason` is a sentence in the active language; empty where the state says everything."""

    state: State
    reason: str = ""

    @property
    def word(self) -> str:
        return str(self.state.label)

    @property
    def sign(self) -> str:
        return SIGNS[self.state]

    @property
    def tone(self) -> str:
        return TONES[self.state]


def period_of(measure: Measure) -> int:
    """For how many hours a run of its check proves a measure."""
    return measure.period_hours or PERIOD_HOURS


def badge_of_measure(measure: Measure, run: CheckRun | None, at: datetime) -> Badge:
    """Green while a fresh check says yes; red when it says no or a claim's date has passed; else grey."""
    if measure.claim_until is not None and measure.claim_until < at.date():
        return Badge(State.RED, _("This was claimed until %(day)s only.") % {"day": local_date(measure.claim_until)})
    if not measure.checked_by:
        return Badge(State.GREY, _("Stated by the operator; no check proves it."))
    return badge_of_run(run, period_of(measure), at)


def badge_of_run(run: CheckRun | None, hours: int, at: datetime) -> Badge:
    """What a check's last run shows, if it may prove something for so many hours."""
    if run is None:
        return Badge(State.GREY, _("No result yet."))
    if run.ok is None:
        return Badge(State.GREY)
    if not run.ok:
        return Badge(State.RED)
    if not at - timedelta(hours=hours) <= run.at <= at + CLOCKS_DIFFER:
        return Badge(State.GREY, _("Last checked %(at)s; that is too long ago.") % {"at": local_datetime(run.at)})
    return Badge(State.GREEN)


def badge_of_certificate(certificate: Certificate, at: datetime) -> Badge:
    """By its dates alone. A day named as last one still counts."""
    today = at.date()
    held_until, held_from = certificate.valid_to, certificate.valid_from
    if held_until is not None and held_until < today:
        return Badge(State.RED, _("Expired on %(day)s.") % {"day": local_date(held_until)})
    if held_from is None and held_until is None and certificate.report_to is None:
        return _only_planned(certificate.planned_for, today)
    if held_from is not None and held_from > today:
        return Badge(State.GREY, _("Valid from %(day)s on.") % {"day": local_date(held_from)})
    if held_until is not None and held_until - today <= EXPIRES_SOON:
        return Badge(State.AMBER, _("Expires on %(day)s.") % {"day": local_date(held_until)})
    if certificate.report_to is not None and certificate.report_to + REPORT_AGES < today:
        return Badge(State.AMBER, _("The report ends on %(day)s.") % {"day": local_date(certificate.report_to)})
    return Badge(State.GREEN)


def _only_planned(planned_for: date | None, today: date) -> Badge:
    if planned_for is None:
        return Badge(State.GREY, _("No date is stated."))
    if planned_for < today:
        return Badge(State.RED, _("Was planned for %(day)s.") % {"day": local_date(planned_for)})
    return Badge(State.GREY, _("Planned for %(day)s.") % {"day": local_date(planned_for)})


def badge_of_retention(rule: Retention, canaries: list[Canary], at: datetime) -> Badge:
    """By its last two canaries, newest first: the living one must not be overdue, the last one gone not have been."""
    living = next((canary for canary in canaries if canary.gone_at is None), None)
    gone, gone_at = next(((canary, canary.gone_at) for canary in canaries if canary.gone_at is not None), (None, at))
    if living is not None and living.is_late(at):
        planted_at = local_datetime(living.planted_at)
        return Badge(State.RED, _("A marked record of %(at)s is still there.") % {"at": planted_at})
    if gone is None:
        return Badge(State.GREY, _("The first marked record has not reached its age yet."))
    if gone.is_late():
        return Badge(State.RED, _("The last marked record was deleted too late."))
    if at > gone_at + timedelta(hours=rule.hours) + 2 * Canary.RUN + Canary.SLACK:
        return Badge(State.GREY, _("Nothing has been proven since %(at)s.") % {"at": local_datetime(gone_at)})
    return Badge(State.GREEN)
