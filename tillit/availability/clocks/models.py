"""Which clocks run for which incident, and what was reported."""

from __future__ import annotations

from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint

from tillit.availability.models import Incident
from tillit.foundation.models import User


class ClockStart(models.Model):
    """That the deadlines of a law count for an incident, from when, and why. Never taken back.

    `outage_from` is when the outage began that lasted too long; `not_counted` holds the announced windows whose time
    was left out, each with when it was announced.
    """

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="clock_starts")
    law = models.SlugField(max_length=40)
    started_at = models.DateTimeField()
    outage_from = models.DateTimeField()
    minutes = models.PositiveIntegerField()  # the law's figure at that time
    not_counted = models.JSONField(default=list)
    noticed_at = models.DateTimeField()  # when the clock was started, which is later only if nobody could

    class Meta:
        ordering = ["-started_at", "id"]
        constraints = [
            UniqueConstraint("incident", "law", name="one_clock_of_incident_and_law"),
            CheckConstraint(condition=Q(started_at__gt=F("outage_from")), name="clock_starts_after_outage"),
        ]

    def __str__(self) -> str:
        return f"{self.law} {self.incident_id} {self.started_at:%Y-%m-%d %H:%M} UTC"


class Reported(models.Model):
    """That a report was made, when, by whom, and under which reference."""

    start = models.ForeignKey(ClockStart, on_delete=models.PROTECT, related_name="reports")
    deadline = models.SlugField(max_length=40)
    reported_at = models.DateTimeField()
    reference = models.CharField(max_length=200, blank=True)
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    marked_at = models.DateTimeField()

    class Meta:
        ordering = ["reported_at", "id"]
        constraints = [UniqueConstraint("start", "deadline", name="one_report_of_deadline")]

    def __str__(self) -> str:
        return f"{self.deadline} {self.reported_at:%Y-%m-%d %H:%M} UTC"
