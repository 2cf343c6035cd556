"""Maintenance windows, what was announced of them before, and who was shown which notice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint, Value
from django.utils.translation import gettext_lazy as _

from tillit.availability import recurrence
from tillit.availability.models.rules import Interruption, MaintenanceRule
from tillit.foundation.clock import now
from tillit.foundation.models import Tenant, User
from tillit.foundation.tenancy import TenantModel
from tillit.foundation.texts import pick


class MaintenanceWindowQuerySet(models.QuerySet["MaintenanceWindow"]):
    def standing(self) -> Self:
        return self.filter(cancelled_at=None)

    def upcoming(self, at: datetime | None = None) -> Self:
        """Announced, not cancelled and not over: the running ones and those to come, earliest first."""
        ahead = self.standing().filter(ends_at__gt=at or now(), completed_at=None)
        return ahead.select_related("rule").order_by("starts_at", "id")

    def within(self, days: int) -> Self:
        return self.filter(starts_at__lt=now() + timedelta(days=days))

    def past(self, days: int) -> Self:
        """Over or cancelled within these days, newest first, with the versions before a move."""
        over = Q(ends_at__lte=now()) | ~Q(completed_at=None) | ~Q(cancelled_at=None)
        recent = self.filter(over, ends_at__gt=now() - timedelta(days=days))
        return recent.select_related("rule").prefetch_related("versions").order_by("-starts_at", "-id")

    def concerning(self, tenant: Tenant) -> Self:
        """Of everybody's, and of this tenant's wave and region. The operator is concerned by all."""
        if tenant.is_operator:
            return self
        return self.filter(Q(wave="") | Q(wave=tenant.wave), Q(region="") | Q(region=tenant.region))

    def for_job(self, job: str) -> Self:
        """Meant for this work: what its line of the plan says today does not change what was announced.

        Until 0.3 also what a release before migration 0017 announced without saying it in the window: it may run the
        plan while ours serves the first waves. Its line says it, if that is as it was then. (Then 0017 once more.)
        """
        unsaid = Q(job="", rule__job=job, rule__changed_at__lt=F("announced_at"))
        return self.filter(Q(job=job) | unsaid)

    def overlapping(self, window: MaintenanceWindow) -> Self:
        """Standing windows at the same time for some of the same tenants."""
        same_time = self.standing().filter(starts_at__lt=window.ends_at, ends_at__gt=window.starts_at)
        if window.wave:
            same_time = same_time.filter(wave__in=["", window.wave])
        if window.region:
            same_time = same_time.filter(region__in=["", window.region])
        return same_time.filter(completed_at=None).exclude(pk=window.pk)


class MaintenanceWindow(Interruption):  # type: ignore[django-manager-missing]  # its receipts are scoped
    """An interruption we promise to announce before it happens. Without `announced_at` it is only computed."""

    NOTICE = timedelta(hours=24)  # the trust page promises this figure; change both together
    FARTHEST, LONGEST = timedelta(days=731), timedelta(days=31)  # of windows that people announce

    class Kind(models.TextChoices):
        PLANNED = "planned", _("Planned maintenance")
        EMERGENCY = "emergency", _("Emergency patch")

    class Phase(models.TextChoices):
        SCHEDULED = "scheduled", _("announced")
        IN_PROGRESS = "in_progress", _("under way")
        COMPLETED = "completed", _("completed")
        CANCELLED = "cancelled", _("cancelled")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.PLANNED)
    rule = models.ForeignKey(MaintenanceRule, null=True, blank=True, on_delete=models.PROTECT)
    day = models.DateField(null=True, blank=True)  # the rule's local day; with rule and wave it names the window
    title = models.JSONField(_("title"))
    starts_at = models.DateTimeField(_("start"))
    ends_at = models.DateTimeField(_("end"))
    wave = models.CharField(_("wave"), max_length=1, blank=True, choices=Tenant.Wave)
    region = models.CharField(_("region"), max_length=40, blank=True)
    components = models.JSONField(
        default=list, db_default=Value([], models.JSONField()), blank=True
    )  # slugs of the parts it concerns; none: all of them
    job = models.CharField(max_length=60, blank=True, default="", db_default="")  # the work that may run only inside it
    advisory = models.CharField(
        max_length=60, blank=True, default="", db_default=""
    )  # of an emergency: the slug of its security advisory
    confirmed_by = models.ForeignKey(User, null=True, editable=False, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(null=True, editable=False)  # of an emergency: when the second person agreed
    reason = models.TextField(_("reason"), max_length=2000, blank=True)  # of `reasons`, in the first language given
    reasons = models.JSONField(default=dict, db_default=Value({}, models.JSONField()), blank=True)  # by language
    sequence = models.PositiveIntegerField(
        db_default=0, default=0, editable=False
    )  # RFC 5545: raised when moved or cancelled
    request_key = models.UUIDField(null=True, blank=True, unique=True, editable=False)  # of the form: once only
    request_digest = models.CharField(
        max_length=64, blank=True, default="", db_default="", editable=False
    )  # of all it said
    announced_at = models.DateTimeField(editable=False)  # with these times: a move is announced anew
    announced_by = models.ForeignKey(User, null=True, editable=False, on_delete=models.PROTECT, related_name="+")
    cancelled_at = models.DateTimeField(null=True, editable=False)
    cancelled_by = models.ForeignKey(User, null=True, editable=False, on_delete=models.PROTECT, related_name="+")
    cancelled_because = models.TextField(blank=True, editable=False)
    moved_at = models.DateTimeField(null=True, editable=False)  # the last time; why and from when: its versions
    revised_at = models.DateTimeField(null=True, editable=False)  # the last time it was said otherwise
    completed_at = models.DateTimeField(null=True, editable=False)
    completed_by = models.ForeignKey(User, null=True, editable=False, on_delete=models.PROTECT, related_name="+")

    objects = MaintenanceWindowQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["ends_at"])]
        constraints = [
            CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="window_ends_after_start",
                violation_error_message=_("The end must come after the start."),
            ),
            CheckConstraint(
                condition=Q(kind="emergency") | Q(starts_at__gte=F("announced_at") + timedelta(hours=24)),
                name="planned_window_has_notice",
                violation_error_message=_("Planned maintenance needs at least 24 hours' notice."),
            ),
            CheckConstraint(
                condition=Q(kind="planned") | (Q(kind="emergency") & ~Q(reason="")),
                name="emergency_window_has_reason",
                violation_error_message=_("An emergency needs its reason."),
            ),
            CheckConstraint(
                condition=Q(kind="planned")
                | Q(announced_by__isnull=False, confirmed_by__isnull=False, confirmed_at__isnull=False)
                & ~Q(confirmed_by=F("announced_by"))
                & ~Q(advisory=""),
                name="emergency_needs_two_people",
                violation_error_message=_("An emergency needs two people: ask for it, and somebody else confirms it."),
            ),
            UniqueConstraint(
                "rule", "wave", "day", condition=Q(cancelled_at=None), name="one_window_of_rule_wave_and_day"
            ),
        ]

    def __str__(self) -> str:
        return f"{pick(self.title)[0]} {self.starts_at:%Y-%m-%d %H:%M} UTC"

    @classmethod
    def foreseen(cls, rule: MaintenanceRule, after: datetime, before: datetime) -> Iterator[Self]:
        """The windows of a rule with a moment in [after, before), computed, not announced, not saved."""
        for schedule in rule.schedules():
            for found in recurrence.occurrences(schedule, after, before):
                yield cls(
                    kind=cls.Kind.PLANNED,
                    rule=rule,
                    day=found.day,
                    wave=found.wave,
                    title=rule.name,
                    starts_at=found.starts_at,
                    ends_at=found.ends_at,
                    effect=rule.effect,
                    components=rule.components,
                    region=rule.region,
                    job=rule.job,
                    least_seconds=rule.least_seconds,
                    most_seconds=rule.most_seconds,
                    sequence=rule.sequence,
                )

    @classmethod
    def open_for(cls, job: str, wave: str, region: str, at: datetime) -> MaintenanceWindow | None:
        """The window now open for this work, if all whom it concerns were told of it; not saved if it is routine."""
        open_now = cls.objects.upcoming(at).for_job(job).filter(starts_at__lte=at)
        found = open_now.filter(wave__in=["", wave], region__in=["", region]).last()
        if found is not None:
            return found
        routine = MaintenanceRule.objects.in_force().filter(kind=MaintenanceRule.Kind.ROUTINE, job=job)
        for rule in routine.filter(region__in=["", region]):
            for window in cls.foreseen(rule, at, at + timedelta(microseconds=1)):
                if window.wave in ("", wave):
                    return window
        return None

    @property
    def meant_for(self) -> str:
        """The work that may run only inside it, or "": as `for_job` finds it. `rule` has to be fetched with it."""
        if self.job or self.rule is None:
            return self.job
        return self.rule.job if self.announced_at and self.rule.changed_at < self.announced_at else ""

    @property
    def identity(self) -> tuple[int | None, str, object]:
        """What names a window of a rule for good, however its times are moved."""
        return (self.rule_id, self.wave, self.day)

    def is_within_reach(self, at: datetime) -> bool:
        """Whether it is near and short enough to be reckoned with; the plan itself looks twelve months ahead."""
        return self.starts_at - at <= self.FARTHEST and self.ends_at - self.starts_at <= self.LONGEST

    def gives_enough_notice(self, announced_at: datetime) -> bool:
        return self.kind == self.Kind.EMERGENCY or self.starts_at - announced_at >= self.NOTICE

    @property
    def phase(self) -> Phase:
        if self.cancelled_at:
            return self.Phase.CANCELLED
        if self.completed_at or self.ends_at <= now():
            return self.Phase.COMPLETED
        return self.Phase.IN_PROGRESS if self.starts_at <= now() else self.Phase.SCHEDULED

    @property
    def changed_at(self) -> datetime:
        """When anything was last said about it; of one only foreseen, when its rule was."""
        moments = (self.announced_at, self.moved_at, self.revised_at, self.cancelled_at, self.completed_at)
        said = [at for at in moments if at]
        return max(said) if said or self.rule is None else self.rule.changed_at

    @property
    def why(self) -> dict[str, str]:
        """The reason by language; without a language where it was given before there were several."""
        return self.reasons or ({"": self.reason} if self.reason else {})

    @property
    def is_active(self) -> bool:
        return self.phase == self.Phase.IN_PROGRESS

    @property
    def is_planned(self) -> bool:
        return self.kind == self.Kind.PLANNED

    @property
    def concerns_everybody(self) -> bool:
        return not self.wave and not self.region

    @property
    def percent(self) -> int | None:
        """The share of customers in the window's wave, where the rule says it."""
        shares = self.rule.waves if self.rule else []
        return next((share["percent"] for share in shares if share["wave"] == self.wave), None)


class WindowVersion(models.Model):
    """What was announced of a window before it was moved or said otherwise: nothing announced is ever unsaid."""

    window = models.ForeignKey(MaintenanceWindow, on_delete=models.CASCADE, related_name="versions")
    sequence = models.PositiveIntegerField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    announced_at = models.DateTimeField()
    replaced_at = models.DateTimeField()
    replaced_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    because = models.TextField(blank=True)  # why it was moved, or said otherwise
    said = models.JSONField(default=dict, db_default=Value({}, models.JSONField()))  # title, effect, ... as they were

    class Meta:
        ordering = ["replaced_at", "id"]
        constraints = [UniqueConstraint("window", "sequence", "replaced_at", name="one_version_of_each_moment")]

    def __str__(self) -> str:
        return f"{self.window_id}.{self.sequence} {self.starts_at:%Y-%m-%d %H:%M} UTC"


class NoticeReceipt(TenantModel):
    """That a person was shown the notice of a window with these times, when first, and when it was put away."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    window = models.ForeignKey(MaintenanceWindow, on_delete=models.PROTECT, related_name="receipts")
    sequence = models.PositiveIntegerField(default=0)  # the window's, when it was shown
    first_shown_at = models.DateTimeField()
    dismissed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [UniqueConstraint("tenant", "user", "window", "sequence", name="one_receipt_each")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.window_id} {self.first_shown_at:%Y-%m-%d %H:%M}"
