"""Releases, the stages in which waves get them, what was counted of them, and how customers come into their wave.

All but the choices of customers is the operator's own.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from tillit.availability.models import MaintenanceWindow, WindowWork
from tillit.availability.releases import cohorts
from tillit.availability.releases.judging import BUCKETS
from tillit.foundation.clock import now
from tillit.foundation.models import Tenant, User
from tillit.foundation.tenancy import TenantModel


class Draw(models.Model):
    """A seed that decides who is in which wave, since when and by whom. The newest one holds."""

    seed = models.CharField(max_length=64, default=cohorts.new_seed)
    drawn_at = models.DateTimeField(default=now)
    drawn_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return self.seed


class WaveChoice(TenantModel):
    """That a customer is in another wave than the draw's, by its own wish or the operator's, and why."""

    operator_reads = True

    wave = models.CharField(_("wave"), max_length=1, choices=Tenant.Wave)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    by_operator = models.BooleanField(default=False)
    chosen_at = models.DateTimeField(default=now)
    chosen_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [UniqueConstraint("tenant", condition=Q(ended_at=None), name="one_choice_of_wave_each")]

    def __str__(self) -> str:
        return f"{self.tenant}: {self.wave}"


class ReleaseQuerySet(models.QuerySet["Release"]):
    def open(self) -> Self:
        return self.filter(state__in=Release.OPEN)


class Release(models.Model):
    """A version of the product on its way to the customers, wave by wave."""

    class State(models.TextChoices):
        PLANNED = "planned", _("planned")
        RUNNING = "running", _("running in waves")
        HELD = "held", _("held")
        DONE = "done", _("with everybody")
        ROLLED_BACK = "rolled_back", _("taken back")

    OPEN = (State.PLANNED, State.RUNNING, State.HELD)

    version = models.CharField(_("version"), max_length=60)
    notes = models.JSONField(_("what is new"), default=dict)  # texts by language
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.PLANNED)
    bake_hours = models.PositiveSmallIntegerField(_("hours between two waves, at least"), default=24)
    planned_at = models.DateTimeField(default=now)
    planned_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)
    ended_because = models.CharField(max_length=500, blank=True)

    objects = ReleaseQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            UniqueConstraint("version", condition=~Q(state="rolled_back"), name="one_release_of_a_version"),
            CheckConstraint(
                condition=Q(state__in=["done", "rolled_back"], ended_at__isnull=False)
                | (~Q(state__in=["done", "rolled_back"]) & Q(ended_at=None)),
                name="release_ends_with_time",
            ),
        ]

    def __str__(self) -> str:
        return self.version

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN

    @property
    def is_held(self) -> bool:
        return self.state == self.State.HELD

    @property
    def bake(self) -> timedelta:
        return timedelta(hours=self.bake_hours)


class Stage(models.Model):
    """A wave's turn: the window of the plan in which it gets the release, and when it really did."""

    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="stages")
    wave = models.CharField(max_length=1, choices=Tenant.Wave)
    percent = models.PositiveSmallIntegerField()
    window = models.ForeignKey(MaintenanceWindow, null=True, on_delete=models.PROTECT, related_name="+")
    starts_at = models.DateTimeField(null=True)  # as the plan foresaw when the release was planned
    ends_at = models.DateTimeField(null=True)
    work = models.ForeignKey(WindowWork, null=True, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField(null=True)  # since when the wave runs on the release
    started_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["release", "wave"]
        constraints = [UniqueConstraint("release", "wave", name="one_stage_of_each_wave")]

    def __str__(self) -> str:
        return f"{self.release} {self.wave}"


class Hold(models.Model):
    """That a release was held: since when, by whom (nobody: the gate), with which figures, and until when."""

    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="holds")
    held_at = models.DateTimeField(default=now)
    held_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    because = models.CharField(max_length=500, blank=True)
    worse = ArrayField(models.CharField(max_length=12), default=list)  # what the gate found: errors, p95, jobs
    figures = models.JSONField(default=dict)
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    lifted_because = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            UniqueConstraint("release", condition=Q(lifted_at=None), name="one_hold_at_a_time"),
            CheckConstraint(condition=Q(lifted_at=None) | Q(lifted_at__gte=F("held_at")), name="hold_ends_after_start"),
        ]

    def __str__(self) -> str:
        return f"{self.release} {self.held_at:%Y-%m-%d %H:%M} UTC"


class RequestCount(models.Model):
    """What one release did for one wave in one minute: requests by duration (`judging.BOUNDS`), errors, jobs."""

    minute = models.DateTimeField()
    release = models.CharField(max_length=60)
    wave = models.CharField(max_length=1)
    errors = models.PositiveIntegerField(default=0)
    jobs = models.PositiveIntegerField(default=0)
    failed_jobs = models.PositiveIntegerField(default=0)
    buckets = ArrayField(models.PositiveIntegerField(), size=BUCKETS)

    class Meta:
        constraints = [UniqueConstraint(fields=["minute", "release", "wave"], name="one_count_a_minute")]

    def __str__(self) -> str:
        return f"{self.minute:%Y-%m-%d %H:%M} {self.release} {self.wave}"
