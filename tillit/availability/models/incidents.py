"""What went wrong, and everything said about it."""

from __future__ import annotations

from datetime import timedelta
from typing import Self

from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from tillit.availability.models.components import Component
from tillit.availability.models.windows import MaintenanceWindow
from tillit.foundation.clock import now
from tillit.foundation.models import Tenant, User
from tillit.foundation.texts import pick


class IncidentQuerySet(models.QuerySet["Incident"]):
    def unresolved(self) -> Self:
        return self.filter(resolved_at=None).order_by("-started_at", "-id")

    def told(self) -> Self:
        """With everything said about them, each incident's newest update first. Earlier words are asked for where
        there are some, which is seldom."""
        return self.prefetch_related("updates", "components").select_related("taken_by")

    def concerning(self, tenant: Tenant) -> Self:
        """Of every region, and of this tenant's. The operator is concerned by all."""
        return self if tenant.is_operator else self.filter(region__in=["", tenant.region])

    def over(self, days: int) -> Self:
        """Resolved within these days, newest first."""
        return self.filter(resolved_at__gt=now() - timedelta(days=days)).order_by("-started_at", "-id")


class Incident(models.Model):
    """Something went wrong; what it touches, how badly, and how far we are."""

    class Status(models.TextChoices):
        INVESTIGATING = "investigating", _("Investigating")
        IDENTIFIED = "identified", _("Cause found")
        MONITORING = "monitoring", _("Repaired, being watched")
        RESOLVED = "resolved", _("Resolved")
        POSTMORTEM = "postmortem", _("Post-mortem published")

    class Impact(models.TextChoices):
        NONE = "none", _("No impact")
        MINOR = "minor", _("Minor")
        MAJOR = "major", _("Major")
        CRITICAL = "critical", _("Critical")

    title = models.JSONField(_("title"))
    impact = models.CharField(_("impact"), max_length=10, choices=Impact)
    status = models.CharField(_("status"), max_length=15, choices=Status, default=Status.INVESTIGATING)
    components = models.ManyToManyField(Component, blank=True, related_name="incidents")

    class Source(models.TextChoices):
        PERSON = "person", _("A person")
        PROBE = "probe", _("A probe")
        OVERRUN = "overrun", _("Maintenance that took too long")

    source = models.CharField(max_length=10, choices=Source, default=Source.PERSON, editable=False)
    region = models.CharField(max_length=40, blank=True, editable=False)  # none: all
    window = models.ForeignKey(
        MaintenanceWindow, null=True, editable=False, on_delete=models.PROTECT, related_name="overruns"
    )
    detected_at = models.DateTimeField(null=True, editable=False)  # by a probe, or by the clock; null: by a person
    posted_at = models.DateTimeField(null=True, editable=False)  # when a person first wrote; null: nobody did yet
    acknowledged_at = models.DateTimeField(null=True, editable=False)  # when a person first took it over
    taken_by = models.ForeignKey(User, null=True, editable=False, on_delete=models.PROTECT, related_name="+")
    next_update_at = models.DateTimeField(null=True, editable=False)  # by when we promised to write again
    reminded_at = models.DateTimeField(null=True, editable=False)  # when somebody was reminded of that promise
    started_at = models.DateTimeField(default=now)
    changed_at = models.DateTimeField(default=now, editable=False)
    monitoring_at = models.DateTimeField(null=True, editable=False)
    resolved_at = models.DateTimeField(null=True, editable=False)

    objects = IncidentQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["-started_at"])]
        constraints = [
            CheckConstraint(
                condition=Q(status__in=["resolved", "postmortem"], resolved_at__isnull=False)
                | (~Q(status__in=["resolved", "postmortem"]) & Q(resolved_at=None)),
                name="incident_resolved_with_time",
            )
        ]

    def __str__(self) -> str:
        return pick(self.title)[0]

    @property
    def is_promise_broken(self) -> bool:
        """Whether the time has come at which we said we would write again."""
        return bool(self.next_update_at and not self.resolved_at and self.next_update_at <= now())


class IncidentUpdate(models.Model):
    """One thing said about an incident, and which states of parts changed with it."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="updates")
    status = models.CharField(max_length=15, choices=Incident.Status)
    body = models.JSONField()
    impact = models.CharField(
        max_length=10, blank=True, default="", db_default="", choices=Incident.Impact
    )  # none: as it was
    sequence = models.PositiveIntegerField(default=0, db_default=0, editable=False)  # how often its words were changed
    edited_at = models.DateTimeField(null=True, editable=False)
    at = models.DateTimeField(default=now)
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    request_key = models.UUIDField(null=True, blank=True, unique=True, editable=False)  # of the form: once only
    request_digest = models.CharField(
        max_length=64, blank=True, default="", db_default="", editable=False
    )  # of all it said
    affected = models.JSONField(default=list)  # [{"slug", "old_state", "new_state"}, ...]

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return pick(self.body)[0][:60]


class UpdateVersion(models.Model):
    """What an update said before its words were changed: both stay public."""

    update = models.ForeignKey(IncidentUpdate, on_delete=models.CASCADE, related_name="versions")
    sequence = models.PositiveIntegerField()
    body = models.JSONField()
    said_at = models.DateTimeField()
    replaced_at = models.DateTimeField()
    replaced_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["sequence"]
        constraints = [UniqueConstraint("update", "sequence", name="one_update_version_of_each_sequence")]

    def __str__(self) -> str:
        return pick(self.body)[0][:60]


class PostmortemDraft(models.Model):
    """What is being written, in Markdown, to look back at a resolved incident. Public once it is an update."""

    incident = models.OneToOneField(Incident, on_delete=models.CASCADE, related_name="draft")
    body = models.JSONField(default=dict)
    changed_at = models.DateTimeField(default=now)
    changed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return pick(self.body)[0][:60]


class IncidentTemplate(models.Model):
    """Words kept ready for the night. `{parts}`, `{since}`, `{next_update}` are filled in when they are used."""

    class Moment(models.TextChoices):
        OPENING = "opening", _("Opening")
        UPDATING = "updating", _("Saying how far we are")
        RESOLVING = "resolving", _("Resolving")
        LOOKING_BACK = "looking_back", _("Looking back")

    moment = models.CharField(_("for"), max_length=12, choices=Moment)
    name = models.JSONField(_("name"))
    title = models.JSONField(_("title"), default=dict, blank=True)  # of the incident; only when opening
    body = models.JSONField(_("text"))
    impact = models.CharField(max_length=10, blank=True, choices=Incident.Impact)  # none: as it is
    status = models.CharField(max_length=15, blank=True, choices=Incident.Status)
    state = models.CharField(max_length=20, blank=True, choices=Component.State)  # of the parts
    minutes = models.PositiveSmallIntegerField(null=True, blank=True)  # until we write again
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return pick(self.name)[0]
