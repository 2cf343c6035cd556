"""Who measures, what was measured, and what it adds up to. All of it is the operator's own and public but for keys."""

from __future__ import annotations

from datetime import timedelta
from typing import Self

from django.db import models
from django.db.models import Q, UniqueConstraint, Value
from django.utils.translation import gettext_lazy as _

from tillit.availability.probes.arithmetic import Counts
from tillit.foundation.clock import now
from tillit.foundation.models import User


class ProberQuerySet(models.QuerySet["Prober"]):
    def at_work(self) -> Self:
        return self.filter(ended_at=None)


class Prober(models.Model):
    """Who delivers samples: a process somewhere, known by its key, or this installation's own jobs (without one)."""

    name = models.SlugField(_("name"), max_length=40, unique=True)
    place = models.CharField(_("place"), max_length=80)
    region = models.CharField(_("region it measures"), max_length=40)
    key = models.CharField(_("public key"), max_length=44, blank=True)  # Ed25519, base64
    added_at = models.DateTimeField(default=now, editable=False)
    added_by = models.ForeignKey(User, null=True, editable=False, on_delete=models.PROTECT, related_name="+")
    heard_at = models.DateTimeField(null=True, editable=False)
    refused_at = models.DateTimeField(null=True, editable=False)  # when a delivery of its could not be read, last
    ended_at = models.DateTimeField(null=True, editable=False)

    objects = ProberQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            UniqueConstraint("key", condition=~Q(key="") & Q(ended_at=None), name="one_prober_of_each_key"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.place})"

    @property
    def is_silent(self) -> bool:
        return self.heard_at is None or self.heard_at < now() - timedelta(minutes=15)

    @property
    def is_refused(self) -> bool:
        """Lately; the samples in question lie beside its spool, in `.refused`."""
        return self.refused_at is not None and self.refused_at > now() - timedelta(days=7)


class Sample(models.Model):
    """One answer, or none. Never anything about a person: the account that asks is the probes' own."""

    prober = models.ForeignKey(Prober, on_delete=models.PROTECT, related_name="+")
    probe = models.CharField(max_length=20)
    at = models.DateTimeField()  # when it was asked, by the prober's clock
    ok = models.BooleanField(null=True)  # None: the prober itself had no network
    milliseconds = models.PositiveIntegerField(null=True)
    what = models.CharField(max_length=20, blank=True)  # how it failed, in a word

    class Meta:
        constraints = [UniqueConstraint("prober", "probe", "at", name="one_sample_each")]
        indexes = [models.Index(fields=["at"])]

    def __str__(self) -> str:
        return f"{self.probe} {self.at:%Y-%m-%d %H:%M:%S} {self.ok}"


class SampleDay(models.Model):
    """All samples of a day in UTC that is over, as they are downloaded: a gzip member of CSV lines."""

    day = models.DateField(unique=True)
    rows = models.PositiveIntegerField()
    body = models.BinaryField()
    sha256 = models.CharField(max_length=64)  # of the lines
    components = models.JSONField()  # slug -> names of the probes that had to prove it
    slots = models.JSONField()  # probe -> minutes
    # regions, wave of the probes' tenant, and windows, as they stood when the day was closed; {}: that was not kept yet
    frame = models.JSONField(default=dict, db_default=Value({}, models.JSONField()))

    def __str__(self) -> str:
        return f"{self.day} ({self.rows})"


class Watch(models.Model):
    """What the newest samples of one prober and probe say: how often in a row it failed or succeeded."""

    prober = models.ForeignKey(Prober, on_delete=models.CASCADE, related_name="+")
    probe = models.CharField(max_length=20)
    last_at = models.DateTimeField()
    last_ok_at = models.DateTimeField(null=True)
    failing_since = models.DateTimeField(null=True)
    fails = models.PositiveIntegerField(default=0)
    goods = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [UniqueConstraint("prober", "probe", name="one_watch_each")]

    def __str__(self) -> str:
        return f"{self.prober_id} {self.probe} -{self.fails} +{self.goods}"


class UptimeDay(models.Model):
    """Minutes of one part in one region on one day in UTC, by the formula of its month."""

    component = models.SlugField(max_length=60)
    region = models.CharField(max_length=40)
    day = models.DateField()
    formula = models.PositiveSmallIntegerField()
    up = models.PositiveSmallIntegerField()
    down = models.PositiveSmallIntegerField()
    unknown = models.PositiveSmallIntegerField()
    due_up = models.PositiveSmallIntegerField()
    due_down = models.PositiveSmallIntegerField()
    due_unknown = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [UniqueConstraint("component", "region", "day", name="one_uptime_of_each_day")]
        indexes = [models.Index(fields=["day"])]

    def __str__(self) -> str:
        return f"{self.component} {self.region} {self.day}"

    @property
    def counts(self) -> Counts:
        return Counts(self.up, self.down, self.unknown, self.due_up, self.due_down, self.due_unknown)


class Errand(models.Model):
    """A question this installation asks itself, until it is answered or has waited too long."""

    probe = models.CharField(max_length=20)
    asked_at = models.DateTimeField()
    mail = models.BigIntegerField(null=True)  # of mail-out: the message that is to leave

    class Meta:
        constraints = [UniqueConstraint("probe", "asked_at", name="one_errand_each")]

    def __str__(self) -> str:
        return f"{self.probe} {self.asked_at:%Y-%m-%d %H:%M:%S}"
