"""The lines of the maintenance plan."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from tillit.availability import recurrence
from tillit.foundation.clock import now
from tillit.foundation.models import Tenant
from tillit.foundation.texts import pick

A_FEW_SECONDS = 60  # the effect "seconds" promises no longer


class Effect(models.TextChoices):
    """What people notice while a window lasts."""

    NONE = "none", _("No interruption")
    SECONDS = "seconds", _("Interrupted for seconds, then signed in again")
    READ_ONLY = "read_only", _("Reading works, changing does not")
    OFFLINE = "offline", _("Not available")


class Interruption(models.Model):
    """What a rule expects of its windows, and a window of itself: the effect, and for how many seconds."""

    effect = models.CharField(_("what people notice"), max_length=10, choices=Effect, default=Effect.SECONDS)
    least_seconds = models.PositiveIntegerField(null=True, blank=True)
    most_seconds = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        abstract = True


class MaintenanceRuleQuerySet(models.QuerySet["MaintenanceRule"]):
    def in_force(self) -> Self:
        return self.filter(retired_at=None).order_by("position")

    def concerning(self, tenant: Tenant) -> Self:
        """Of every region, and of this tenant's. The operator is concerned by all."""
        return self if tenant.is_operator else self.filter(region__in=["", tenant.region])

    def planned(self) -> Self:
        """Rules whose windows are announced one by one."""
        return self.in_force().filter(kind=MaintenanceRule.Kind.PLANNED, as_needed=False)


class MaintenanceRule(Interruption):
    """One line of the maintenance plan, as the register says it. What its fields mean: `recurrence.Rule`."""

    class Kind(models.TextChoices):
        PLANNED = "planned", _("Planned maintenance")
        ROUTINE = "routine", _("Routine")  # told once, as the rule: a restart every night
        EMERGENCY = "emergency", _("Emergency patch")

    key = models.SlugField(max_length=60, unique=True)
    kind = models.CharField(max_length=10, choices=Kind)
    name = models.JSONField()  # texts by language, as the three below
    text = models.JSONField(default=dict)
    schedule = models.JSONField(default=dict)
    note = models.JSONField(default=dict)
    zone = models.CharField(max_length=64)
    rrule = models.CharField(max_length=200, blank=True)
    anchor = models.DateField(null=True)
    exceptions = models.JSONField(
        default=list, blank=True
    )  # RFC 5545 EXDATE: local days of the rule on which it does not fire
    as_needed = models.BooleanField(default=False)
    start = models.TimeField()
    end = models.TimeField(null=True)
    end_days_later = models.PositiveSmallIntegerField(default=0)
    components = models.JSONField(default=list, blank=True)  # slugs of the parts it concerns; none: all of them
    region = models.CharField(max_length=40, blank=True)  # none: all
    job = models.CharField(max_length=60, blank=True)  # the work that may run only inside its windows
    waves = models.JSONField(default=list)  # [{"wave": "a", "percent": 10, "days_later": 0}, ...]
    position = models.PositiveSmallIntegerField()
    retired_at = models.DateTimeField(null=True)  # no longer in the register; its windows keep their name
    sequence = models.PositiveIntegerField(default=0)  # RFC 5545: raised when its windows come otherwise (`numbering`)
    changed_at = models.DateTimeField(default=now)

    objects = MaintenanceRuleQuerySet.as_manager()

    def __str__(self) -> str:
        return pick(self.name)[0]

    def schedules(self) -> Iterator[recurrence.Rule]:
        """The rule as the recurrence engine takes it: once, or once for each wave."""
        for wave in self.waves or [{}]:
            yield recurrence.Rule(
                key=self.key,
                zone=self.zone,
                start=self.start,
                end=self.end,
                rrule=self.rrule or None,
                anchor=self.anchor,
                end_days_later=self.end_days_later,
                days_later=wave.get("days_later", 0),
                wave=wave.get("wave", ""),
                as_needed=self.as_needed,
                exceptions=tuple(date.fromisoformat(day) for day in self.exceptions),
            )

    def frames(self, after: datetime, before: datetime) -> Iterator[recurrence.Occurrence]:
        """When work of this line may happen; nothing for a line that names no days."""
        for schedule in self.schedules():
            yield from recurrence.frames(schedule, after, before)

    def has_room_for(self, starts_at: datetime, ends_at: datetime) -> bool:
        """Whether work may happen then: inside one of its frames, or whenever it is needed."""
        frames = self.frames(starts_at, ends_at)
        return not self.rrule or any(one.starts_at <= starts_at and ends_at <= one.ends_at for one in frames)
