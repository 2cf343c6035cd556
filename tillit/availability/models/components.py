"""The parts of the service the status page speaks of."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import Value
from django.utils.translation import gettext_lazy as _

from tillit.foundation.clock import now
from tillit.foundation.texts import pick

FIRST_WITHIN = timedelta(minutes=10)


class ComponentQuerySet(models.QuerySet["Component"]):
    def in_service(self) -> Self:
        return self.filter(retired_at=None).order_by("position")


class Shown(models.TextChoices):
    """What is shown of a part, from good to bad: what was said and what was measured, or that nobody knows."""

    OPERATIONAL = "operational", _("Operational")
    UNKNOWN = "unknown", _("Unknown")
    MAINTENANCE = "under_maintenance", _("Under maintenance")
    DEGRADED = "degraded_performance", _("Slower than usual")
    PARTIAL_OUTAGE = "partial_outage", _("Partly not working")
    MAJOR_OUTAGE = "major_outage", _("Not working")

    @classmethod
    def worst(cls, *states: str) -> str:
        return max(states, key=cls.values.index)


class Component(models.Model):
    """A part of the service the status page speaks of. `state` is what people last said, `measured_state` what probes
    found; neither is shown alone."""

    class State(models.TextChoices):
        OPERATIONAL = "operational", _("Operational")
        DEGRADED = "degraded_performance", _("Slower than usual")
        PARTIAL_OUTAGE = "partial_outage", _("Partly not working")
        MAJOR_OUTAGE = "major_outage", _("Not working")
        MAINTENANCE = "under_maintenance", _("Under maintenance")

    slug = models.SlugField(max_length=60, unique=True)
    name = models.JSONField()
    text = models.JSONField(default=dict)
    position = models.PositiveSmallIntegerField()
    probes = models.JSONField(default=list, db_default=Value([], models.JSONField()), blank=True)  # those that prove it
    state = models.CharField(_("state"), max_length=20, choices=State, default=State.OPERATIONAL)
    measured_state = models.CharField(max_length=20, blank=True, editable=False)  # what probes say; "": never measured
    measured_at = models.DateTimeField(null=True, editable=False)
    proven_until = models.DateTimeField(null=True, editable=False)  # beyond it nobody knows its state
    created_at = models.DateTimeField(default=now, editable=False)
    changed_at = models.DateTimeField(default=now, editable=False)
    retired_at = models.DateTimeField(null=True)

    objects = ComponentQuerySet.as_manager()

    def __str__(self) -> str:
        return pick(self.name)[0]

    @property
    def awaits_first(self) -> bool:
        """Whether it is so new that its first measurement is still on its way: some probes ask every five minutes."""
        return self.measured_at is None and self.created_at > now() - FIRST_WITHIN

    def measured(self, at: datetime) -> str:
        """What probes prove of it at this moment; unknown where nothing fresh does."""
        if not self.measured_state or self.proven_until is None or self.proven_until < at:
            return Shown.UNKNOWN
        return self.measured_state
