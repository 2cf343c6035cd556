"""Work that may run only inside a window, and the proof that the window was made known in time."""

from __future__ import annotations

from datetime import timedelta
from typing import Self

from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from tillit.availability.models.rules import MaintenanceRule
from tillit.availability.models.windows import MaintenanceWindow
from tillit.foundation.clock import now
from tillit.foundation.models import User
from tillit.foundation.tenancy import TenantModel


class NoticeProof(models.Model):
    """That the announcement of a window (or of a rule that is told as such) was read back from a page, when first.

    `sequence` is the window's (or the rule's) when it was read: moved, it must be read again. `audience` says with
    whose eyes: a wave and a region for the sign-in view (`a/eu`), nothing for the public status page.
    """

    class Place(models.TextChoices):
        SIGN_IN = "sign_in", _("Sign-in view")
        STATUS_PAGE = "status_page", _("Status page")

    window = models.ForeignKey(MaintenanceWindow, null=True, on_delete=models.PROTECT, related_name="proofs")
    rule = models.ForeignKey(MaintenanceRule, null=True, on_delete=models.PROTECT, related_name="proofs")
    sequence = models.PositiveIntegerField()
    place = models.CharField(max_length=12, choices=Place)
    audience = models.CharField(max_length=60, blank=True)
    verified_at = models.DateTimeField()

    class Meta:
        constraints = [
            CheckConstraint(
                condition=Q(window=None, rule__isnull=False) | Q(window__isnull=False, rule=None),
                name="proof_of_window_or_rule",
            ),
            UniqueConstraint(
                "window", "sequence", "place", "audience", condition=Q(rule=None), name="one_proof_of_window_and_place"
            ),
            UniqueConstraint(
                "rule", "sequence", "place", "audience", condition=Q(window=None), name="one_proof_of_rule_and_place"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.window_id or self.rule_id}.{self.sequence} {self.place} {self.audience}".strip()


class WindowWorkQuerySet(models.QuerySet["WindowWork"]):
    def running(self) -> Self:
        return self.filter(ended_at=None)

    def of(self, job: str, wave: str, region: str) -> Self:
        """This job's, for some of the same customers. An empty wave or region means all of them."""
        of_job = self.filter(job=job)
        of_wave = of_job.filter(wave__in=["", wave]) if wave else of_job
        return of_wave.filter(region__in=["", region]) if region else of_wave


class WindowWork(models.Model):
    """One piece of work that ran inside its window: which, from when to when, how it ended, and who began it.

    `starts_at` and `ends_at` are the window's, as they were when the work began; `proven_at` is the moment from which
    on the notice stood everywhere it must.
    """

    class Outcome(models.TextChoices):
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        LOST = "lost", _("never reported its end")

    job = models.CharField(max_length=60)
    wave = models.CharField(max_length=1, blank=True)
    region = models.CharField(max_length=40, blank=True)
    window = models.ForeignKey(MaintenanceWindow, null=True, on_delete=models.PROTECT, related_name="work")
    rule = models.ForeignKey(MaintenanceRule, null=True, on_delete=models.PROTECT, related_name="work")
    is_emergency = models.BooleanField(default=False)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    proven_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField()
    started_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.RUNNING)
    sentence = models.CharField(max_length=500, blank=True)

    objects = WindowWorkQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["-started_at"])]
        constraints = [
            CheckConstraint(
                condition=Q(started_at__gte=F("starts_at"), started_at__lt=F("ends_at")), name="work_begins_in_window"
            ),
            CheckConstraint(
                condition=Q(proven_at__isnull=False, proven_at__lte=F("starts_at") - timedelta(hours=24))
                | Q(is_emergency=True, window__isnull=False),
                name="work_has_proof_of_notice",
            ),
            CheckConstraint(
                condition=Q(outcome="running", ended_at=None)
                | (~Q(outcome="running") & Q(ended_at__gte=F("started_at"))),
                name="work_ends_with_outcome",
            ),
            UniqueConstraint("job", "wave", "region", condition=Q(ended_at=None), name="one_running_work_of_job"),
        ]

    def __str__(self) -> str:
        return f"{self.job} {self.started_at:%Y-%m-%d %H:%M} UTC: {self.outcome}"

    @property
    def is_over_time(self) -> bool:
        """Whether it still runs after its window."""
        return self.ended_at is None and self.ends_at <= now()


class NoticeFigure(models.Model):
    """How far the notice of a window reached when it began, over all tenants it concerns. Public; nobody is named."""

    window = models.ForeignKey(MaintenanceWindow, on_delete=models.PROTECT, related_name="figures")
    sequence = models.PositiveIntegerField()
    tenants = models.PositiveIntegerField()
    newcomers = models.PositiveIntegerField(default=0, db_default=0)  # customers that came within the notice
    active_users = models.PositiveIntegerField()
    shown_in_time = models.PositiveIntegerField()
    taken_at = models.DateTimeField()

    class Meta:
        constraints = [
            CheckConstraint(condition=Q(shown_in_time__lte=F("active_users")), name="figure_shows_no_more_than_all"),
            UniqueConstraint("window", name="one_figure_of_window"),
        ]

    def __str__(self) -> str:
        return f"{self.window_id} {self.shown_in_time}/{self.active_users}"

    @property
    def shown_percent(self) -> float | None:
        """To a tenth, rounded down: 99.9 is never told as 100. None where nobody was active."""
        return self.shown_in_time * 1000 // self.active_users / 10 if self.active_users else None


class NoticeReach(TenantModel):
    """The same for one tenant: its receipt, which the operator sees as two figures."""

    operator_reads = True

    window = models.ForeignKey(MaintenanceWindow, on_delete=models.PROTECT, related_name="+")
    active_users = models.PositiveIntegerField()
    shown_in_time = models.PositiveIntegerField()
    taken_at = models.DateTimeField()

    class Meta:
        constraints = [
            CheckConstraint(condition=Q(shown_in_time__lte=F("active_users")), name="reach_shows_no_more_than_all"),
            UniqueConstraint("tenant", "window", name="one_reach_of_tenant_and_window"),
        ]

    def __str__(self) -> str:
        return f"{self.window_id} {self.tenant_id} {self.shown_in_time}/{self.active_users}"

    @property
    def shown_percent(self) -> float | None:
        return self.shown_in_time * 1000 // self.active_users / 10 if self.active_users else None
