"""Security advisories, and the emergencies that hang on them: one person asks, another confirms."""

from __future__ import annotations

from datetime import timedelta
from typing import Self

from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint, Value
from django.utils.translation import gettext_lazy as _

from tillit.availability.models import Effect, MaintenanceWindow
from tillit.foundation.clock import now
from tillit.foundation.models import User
from tillit.foundation.texts import pick


class AdvisoryQuerySet(models.QuerySet["Advisory"]):
    def published(self) -> Self:
        return self.exclude(published_at=None).order_by("-published_at", "-id")


class Advisory(models.Model):
    """What was wrong, what it could do, in which releases, and in which it is right again."""

    class Severity(models.TextChoices):
        CRITICAL = "critical", _("Critical")
        HIGH = "high", _("High")
        MEDIUM = "medium", _("Medium")
        LOW = "low", _("Low")

    slug = models.SlugField(max_length=60, unique=True)  # `tillit-2026-0001`
    title = models.JSONField(_("title"))  # texts by language
    summary = models.JSONField(_("what it is about"))
    severity = models.CharField(_("severity"), max_length=10, choices=Severity)
    cves = models.JSONField(default=list, blank=True)
    affected = models.JSONField(default=list)  # releases
    fixed_in = models.CharField(_("fixed in"), max_length=60, blank=True)
    commit = models.CharField(_("commit"), max_length=64, blank=True)
    request_key = models.UUIDField(null=True, blank=True, unique=True, editable=False)  # of the form: once only
    request_digest = models.CharField(
        max_length=64, blank=True, default="", db_default="", editable=False
    )  # of all it said
    written_at = models.DateTimeField(default=now)
    written_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    published_at = models.DateTimeField(null=True)
    published_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    objects = AdvisoryQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            CheckConstraint(
                condition=Q(published_at=None) | Q(published_by__isnull=False), name="advisory_published_by_somebody"
            )
        ]

    def __str__(self) -> str:
        return f"{self.slug.upper()} {pick(self.title)[0]}"


class Revision(models.Model):
    """One public wording of an advisory. The first is its publication; nothing said is ever unsaid."""

    advisory = models.ForeignKey(Advisory, on_delete=models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField()
    at = models.DateTimeField()
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    because = models.TextField()
    content = models.JSONField()  # as it stood then

    class Meta:
        ordering = ["number"]
        constraints = [UniqueConstraint("advisory", "number", name="one_revision_of_each_number")]

    def __str__(self) -> str:
        return f"{self.advisory_id}.{self.number}"


class EmergencyQuerySet(models.QuerySet["Emergency"]):
    def open(self) -> Self:
        return self.filter(confirmed_at=None, withdrawn_at=None)


class Emergency(models.Model):
    """That one of the staff asks for an emergency window. It is nothing to customers until another one confirms."""

    NORMALLY = timedelta(hours=1)
    PUBLISHED_WITHIN = timedelta(hours=1)  # after the window's end its advisory is public

    advisory = models.ForeignKey(Advisory, on_delete=models.PROTECT, related_name="emergencies")
    reason = models.TextField(_("reason"), max_length=2000)  # of `reasons`, in the first language given
    reasons = models.JSONField(default=dict, db_default=Value({}, models.JSONField()), blank=True)  # by language
    starts_at = models.DateTimeField(_("start"))
    ends_at = models.DateTimeField(_("end"))
    effect = models.CharField(_("what people notice"), max_length=10, choices=Effect, default=Effect.SECONDS)
    wave = models.CharField(max_length=1, blank=True)
    region = models.CharField(max_length=40, blank=True)
    request_key = models.UUIDField(null=True, blank=True, unique=True, editable=False)  # of the form: once only
    request_digest = models.CharField(
        max_length=64, blank=True, default="", db_default="", editable=False
    )  # of all it said
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    window = models.OneToOneField(MaintenanceWindow, null=True, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    reminded_at = models.DateTimeField(null=True)

    objects = EmergencyQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="emergency_ends_after_start"),
            CheckConstraint(
                condition=Q(confirmed_at=None, confirmed_by=None, window=None)
                | Q(confirmed_at__isnull=False, confirmed_by__isnull=False, window__isnull=False, withdrawn_at=None)
                & ~Q(confirmed_by=F("asked_by")),
                name="emergency_confirmed_by_another",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.advisory.slug} {self.starts_at:%Y-%m-%d %H:%M} UTC"

    @property
    def why(self) -> dict[str, str]:
        """The reason by language; without a language where it was given before there were several."""
        return self.reasons or {"": self.reason}

    @property
    def is_open(self) -> bool:
        return self.confirmed_at is None and self.withdrawn_at is None
