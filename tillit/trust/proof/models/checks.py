"""What checks have found, and what became of marked records. Global: they speak of the cloud, not of a tenant."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint

from tillit.foundation.checks import tell
from tillit.foundation.clock import now

# One look at an index for each name, however many runs there are; DISTINCT ON would read them all.
NEWEST_OF_EACH = """
    SELECT newest.id, newest.name, newest.at, newest.ok, newest.message, newest.figures, newest.milliseconds
    FROM unnest(%s::text[]) AS asked CROSS JOIN LATERAL (
        SELECT * FROM proof_checkrun WHERE name = asked ORDER BY at DESC, id DESC LIMIT 1
    ) AS newest"""
LAST_TWO_OF_EACH = """
    SELECT last.id, last.rule, last.holding, last.key, last.hours, last.planted_at, last.used_at, last.gone_at
    FROM unnest(%s::text[]) AS asked CROSS JOIN LATERAL (
        SELECT * FROM proof_canary WHERE rule = asked ORDER BY id DESC LIMIT 2
    ) AS last"""


class CheckRunManager(models.Manager["CheckRun"]):
    def newest_of(self, names: Iterable[str]) -> dict[str, CheckRun]:
        """The last run of each of these checks that ever ran. One query."""
        return {run.name: run for run in self.raw(NEWEST_OF_EACH, [list(names)])}


class CheckRun(models.Model):
    """That a check ran, and what it found. Rows are added, never changed; the application has no right to."""

    name = models.CharField(max_length=80)
    at = models.DateTimeField(default=now)
    ok = models.BooleanField(null=True)  # None: it could not say yet
    message = models.TextField()  # English, as in the source
    figures = models.JSONField(default=dict)
    milliseconds = models.PositiveIntegerField()

    objects = CheckRunManager()

    class Meta:
        indexes = [models.Index(fields=["name", "-at", "-id"], name="check_runs_newest_first")]

    def __str__(self) -> str:
        return f"{self.name} {self.at:%Y-%m-%d %H:%M}"

    @property
    def finding(self) -> str:
        """What it found, in the active language."""
        return tell(self.message, self.figures)


class CanaryManager(models.Manager["Canary"]):
    def last_two_of(self, rules: Iterable[str]) -> dict[str, list[Canary]]:
        """Of each rule the newest canaries, newest first: the living one, and the one before it. One query."""
        found: dict[str, list[Canary]] = {}
        for canary in self.raw(LAST_TWO_OF_EACH, [list(rules)]):
            found.setdefault(canary.rule, []).append(canary)
        return found


class Canary(models.Model):
    """A marked record that a retention rule has to delete: when it was planted, used, and found gone."""

    RUN = timedelta(hours=1)  # the purge runs every hour
    SLACK = timedelta(minutes=15)  # and may wait for its turn

    rule = models.SlugField(max_length=80)
    holding = models.CharField(max_length=80)
    key = models.CharField(max_length=200)
    hours = models.PositiveIntegerField()  # the longest that the rule allowed during its life
    planted_at = models.DateTimeField(default=now)
    used_at = models.DateTimeField(null=True)
    gone_at = models.DateTimeField(null=True)

    objects = CanaryManager()

    class Meta:
        indexes = [models.Index(fields=["rule", "-id"], name="canaries_newest_first")]
        constraints = [
            UniqueConstraint("rule", condition=Q(gone_at=None), name="one_canary_alive_each"),
            CheckConstraint(condition=Q(gone_at__gte=F("planted_at")), name="canary_planted_before_gone"),
        ]

    def __str__(self) -> str:
        return f"{self.rule} {self.planted_at:%Y-%m-%d %H:%M}"

    @property
    def due_at(self) -> datetime:
        """When it must be gone at the latest: its hours, and one run of the purge."""
        return self.planted_at + timedelta(hours=self.hours) + self.RUN + self.SLACK

    def is_late(self, at: datetime | None = None) -> bool:
        return (self.gone_at or at or now()) > self.due_at
