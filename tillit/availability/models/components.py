"""The parts of the service the status page speaks of."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from tillit.foundation.clock import now
from tillit.foundation.texts import pick


class ComponentQuerySet(models.QuerySet["Component"]):
    def in_service(self) -> Self:
        return self.filter(retired_at=None).order_by("position")


class Component(models.Model):
    """A part of the service the status page speaks of. Its state is what the operator last said."""

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
