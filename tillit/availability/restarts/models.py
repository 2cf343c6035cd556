"""Restarts of the service, and what people would have noticed of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Self

from django.db import models
from django.db.models import CheckConstraint, F, Q
from django.utils.translation import gettext_lazy as _

from tillit.availability.models import WindowWork
from tillit.foundation.clock import now

NIGHTS = 90


class RestartRunQuerySet(models.QuerySet["RestartRun"]):
    def recent(self) -> Self:
        """Of the last ninety days, newest first."""
        return self.filter(began_at__gt=now() - timedelta(days=NIGHTS)).order_by("-began_at", "-id")

    def nightly(self) -> Self:
        return self.filter(occasion=RestartRun.Occasion.NIGHT)


class RestartRun(models.Model):
    """One restart, or one that did not take place, and what a load of our own met with meanwhile.

    Waits in milliseconds, from the moment a request was due to its answer; `failed` are requests that failed although
    they were sent once more. Without figures nothing was measured.
    """

    class Occasion(models.TextChoices):
        NIGHT = "night", _("in its window")
        BY_HAND = "by_hand", _("by hand")

    class Outcome(models.TextChoices):
        DONE = "done", _("done")
        FAILED = "failed", _("the old processes serve on")
        REFUSED = "refused", _("did not take place")

    occasion = models.CharField(max_length=10, choices=Occasion)
    outcome = models.CharField(max_length=10, choices=Outcome)
    reason = models.CharField(max_length=500, blank=True)
    work = models.ForeignKey(WindowWork, null=True, on_delete=models.PROTECT, related_name="+")
    began_at = models.DateTimeField()
    took_ms = models.PositiveIntegerField(null=True)  # until every process was a new one
    release = models.CharField(max_length=60, blank=True)
    rate = models.PositiveIntegerField(default=0)  # requests a second
    sent = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    retried = models.PositiveIntegerField(default=0)
    median_ms = models.PositiveIntegerField(null=True)
    p99_ms = models.PositiveIntegerField(null=True)
    longest_ms = models.PositiveIntegerField(null=True)
    in_session = models.PositiveIntegerField(default=0)  # of those sent: pages of a session
    signed_out = models.PositiveIntegerField(default=0)
    drafts = models.PositiveIntegerField(default=0)  # forms that were opened before and sent after it
    lost_drafts = models.PositiveIntegerField(default=0)

    objects = RestartRunQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["-began_at"])]
        constraints = [
            CheckConstraint(
                condition=Q(failed__lte=F("sent"), retried__lte=F("sent"), in_session__lte=F("sent"))
                & Q(signed_out__lte=F("in_session"), lost_drafts__lte=F("drafts")),
                name="restart_loses_no_more_than_there_was",
            ),
            CheckConstraint(
                condition=~Q(outcome="refused") | (~Q(reason="") & Q(sent=0)), name="refused_restart_has_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.began_at:%Y-%m-%d %H:%M} UTC {self.occasion}: {self.outcome}"

    @property
    def longest(self) -> float | None:
        """Seconds."""
        return None if self.longest_ms is None else self.longest_ms / 1000

    @property
    def lost_nothing(self) -> bool:
        """Whether it was done, and no request, session or form was lost."""
        return self.outcome == self.Outcome.DONE and not (self.failed or self.signed_out or self.lost_drafts)
