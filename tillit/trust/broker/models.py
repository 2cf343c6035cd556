"""What was asked of the broker: every single decision, and the days' sums."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Self

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import CheckConstraint, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tillit.foundation.purposes import named_purposes
from tillit.foundation.tenancy import TenantModel, scoped

SHOWN_FOR = timedelta(days=30)  # how long refused attempts stand on the public page


class Reason(models.TextChoices):
    """Why something was refused, or how an open connection ended."""

    UNDECLARED = "undeclared", _("Not declared")
    PURPOSE = "purpose", _("Declared for another purpose")
    NOT_YET = "not-yet", _("Notice period still running")
    ENDED = "ended", _("No longer in force")
    OBJECTION = "objection", _("The customer objected")
    ADDRESS = "address", _("Leads into a private network")
    SERVER_NAME = "server-name", _("Asked for another server than declared")
    TLS = "tls", _("Not encrypted as declared")
    TENANT = "tenant", _("Unknown customer")
    NO_RULES = "no-rules", _("The register could not be read")
    NO_RECORDS = "no-records", _("No record could be kept")
    NAME = "name", _("The name was not found")
    UNREACHABLE = "unreachable", _("Not reachable")
    TIMEOUT = "timeout", _("No answer in time")
    IDLE = "idle", _("Idle for too long")
    BROKEN_OFF = "broken-off", _("Broken off")
    STOPPED = "stopped", _("The broker ended")
    GOES_ON = "goes-on", _("Goes on")
    UNLISTED = "unlisted", _("Reached without being in the register")


# A rule of the register said no: these are public. The other refusals are the broker's own trouble.
BY_RULE = (
    Reason.UNDECLARED,
    Reason.PURPOSE,
    Reason.NOT_YET,
    Reason.ENDED,
    Reason.OBJECTION,
    Reason.ADDRESS,
    Reason.SERVER_NAME,
    Reason.TLS,
)
NOBODY_THERE = (Reason.NAME, Reason.UNREACHABLE, Reason.TIMEOUT)  # allowed, but no contact came about


class DecisionQuerySet(models.QuerySet["Decision"]):
    def refused(self) -> Self:
        return self.filter(allowed=False)


class Decision(TenantModel):
    """One answer to one request for a connection. Of the cloud itself: in the operator's tenant.

    `mark` is the broker's own, so that telling the same twice adds nothing. Bytes count what was relayed, TLS included.
    """

    append_only = True
    operator_reads = True

    mark = models.UUIDField(unique=True, editable=False)
    at = models.DateTimeField()
    processor = models.CharField(max_length=80, blank=True)
    purpose = models.CharField(max_length=40)
    host = models.CharField(max_length=253)
    port = models.PositiveIntegerField()
    allowed = models.BooleanField()
    reason = models.CharField(max_length=20, choices=Reason, blank=True)
    bytes_out = models.BigIntegerField(default=0)
    bytes_in = models.BigIntegerField(default=0)
    seconds = models.FloatField(default=0)

    objects: Any = scoped(DecisionQuerySet)

    class Meta:
        verbose_name = _("decision")
        constraints = [
            CheckConstraint(condition=Q(allowed=True) | ~Q(reason=""), name="refused_for_a_reason"),
        ]
        indexes = [
            models.Index(fields=["tenant", "-id"], name="decision_of_tenant"),
            models.Index(fields=["host", "-id"], name="decision_of_host"),
            models.Index(fields=["-id"], condition=Q(allowed=False), name="decision_refused"),
            BrinIndex(fields=["at"], name="decision_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose}: {self.host}:{self.port}"

    @property
    def named(self) -> bool:
        """Of its own kind: the recipient named the address, so no processor stands behind it."""
        return not self.processor and self.purpose in named_purposes()


class FlowQuerySet(models.QuerySet["Flow"]):
    def contacts_made(self) -> Self:
        return self.filter(reason="")

    def refused_by_rule(self) -> Self:
        """What a rule of the register refused in the last 30 days."""
        return self.filter(reason__in=BY_RULE, day__gte=timezone.now().date() - SHOWN_FOR)


class Flow(TenantModel):
    """The decisions of one day (UTC) that are alike. `reason` "": connections that came about; else refused ones."""

    operator_reads = True
    # All of it: the ledger of a decision is the decision, and what a retention rule deletes must not live on elsewhere
    ledger_leaves_out = (
        *("day", "processor", "purpose", "host", "port", "reason"),
        *("contacts", "bytes_out", "bytes_in", "last_at"),
    )

    day = models.DateField()
    processor = models.CharField(max_length=80, blank=True)
    purpose = models.CharField(max_length=40)
    host = models.CharField(max_length=253)
    port = models.PositiveIntegerField()
    reason = models.CharField(max_length=20, choices=Reason, blank=True)
    contacts = models.BigIntegerField(default=0)
    bytes_out = models.BigIntegerField(default=0)
    bytes_in = models.BigIntegerField(default=0)
    last_at = models.DateTimeField()

    objects: Any = scoped(FlowQuerySet)

    class Meta:
        verbose_name = _("flow")
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "day", "processor", "purpose", "host", "port", "reason"], name="one_flow_a_day"
            ),
        ]
        indexes = [
            models.Index(fields=["day"], condition=~Q(reason=""), name="flow_refused"),
            models.Index(fields=["processor", "day"], name="flow_by_processor"),
        ]

    def __str__(self) -> str:
        return f"{self.day}: {self.processor or self.host}"
