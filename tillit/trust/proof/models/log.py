"""The public log of every change: leaves, what they stand for, the tree's hashes, and the signed checkpoints.

Global tables: a cloud has one log. The application may add leaves and checkpoints and nothing else (see the migration);
what a leaf stands for lies beside it, because it can be erased without breaking the tree.
"""

from __future__ import annotations

from datetime import UTC
from typing import Self

from django.db import models
from django.db.models import CheckConstraint, OuterRef, Q, Subquery, UniqueConstraint

from tillit.trust.proof import entries, merkle


class LogEntryQuerySet(models.QuerySet["LogEntry"]):
    def told(self) -> Self:
        """With what each stands for, and `previous`: the index of the entry of the same subject before it."""
        before = LogEntry.objects.filter(subject=OuterRef("subject"), index__lt=OuterRef("index")).order_by("-index")
        return self.select_related("content").annotate(previous=Subquery(before.values("index")[:1]))


class LogEntry(models.Model):
    """One leaf of the tree: when what kind of change happened to which subject, and a salted hash of its content."""

    index = models.BigIntegerField(primary_key=True)  # from 0, without gaps
    at = models.DateTimeField()  # whole seconds: the leaf says no more
    kind = models.CharField(max_length=80)  # the event's name
    subject = models.CharField(max_length=160)  # "processors/mailgun"
    hash = models.CharField(max_length=64)  # hexadecimal
    event_id = models.BigIntegerField(null=True)  # no foreign key: events are tenants' rows

    objects = LogEntryQuerySet.as_manager()

    class Meta:
        ordering = ["index"]
        indexes = [models.Index(fields=["subject", "-index"])]
        constraints = [
            CheckConstraint(condition=Q(index__gte=0), name="log_begins_at_zero"),
            UniqueConstraint("event_id", "subject", condition=~Q(event_id=None), name="event_logged_once"),
        ]

    def __str__(self) -> str:
        return f"{self.index} {self.subject}"

    def as_bytes(self) -> bytes:
        """The leaf as the tree holds it."""
        moment = self.at.astimezone(UTC).strftime(entries.MOMENT)
        return entries.leaf_bytes(at=moment, kind=self.kind, subject=self.subject, content_hash=self.hash)


class LogContent(models.Model):
    """What a leaf stands for: its hash is sha256(salt, text). Erasing takes both away for good."""

    entry = models.OneToOneField(LogEntry, primary_key=True, on_delete=models.PROTECT, related_name="content")
    salt = models.CharField(max_length=32, blank=True)  # hexadecimal
    text = models.TextField(blank=True)  # canonical JSON, see entries.canonical
    erased_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            CheckConstraint(condition=Q(erased_at=None) | Q(salt="", text=""), name="erased_content_is_gone"),
        ]

    def __str__(self) -> str:
        return f"content of {self.entry_id}"


class LogSubject(models.Model):
    """What the log speaks of, and where it did last: so that adding needs no look through the whole log."""

    name = models.CharField(max_length=160, primary_key=True)
    newest = models.ForeignKey(LogEntry, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return self.name


class LoggedEvent(models.Model):
    """That an event was taken in, whether or not it changed anything in public."""

    event_id = models.BigIntegerField(primary_key=True)

    def __str__(self) -> str:
        return str(self.event_id)


class Tile(models.Model):
    """256 consecutive hashes of the tree, or fewer at its right edge (C2SP tlog-tiles)."""

    level = models.PositiveSmallIntegerField()
    index = models.BigIntegerField()
    hashes = models.BinaryField()

    class Meta:
        constraints = [UniqueConstraint("level", "index", name="one_tile_at_each_place")]

    def __str__(self) -> str:
        return f"tile/{self.level}/{self.index}"

    @property
    def width(self) -> int:
        return len(self.hashes) // merkle.HASH_BYTES


class Checkpoint(models.Model):
    """What the log signed: its size and root at a time (C2SP tlog-checkpoint). Rows are added, never changed."""

    size = models.BigIntegerField(unique=True)
    root = models.BinaryField()
    at = models.DateTimeField()
    note = models.TextField()

    class Meta:
        get_latest_by = "size"
        ordering = ["-size"]

    def __str__(self) -> str:
        return f"{self.size} at {self.at:%Y-%m-%d %H:%M}"
