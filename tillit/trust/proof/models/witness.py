"""Both sides of witnessing: who cosigns our log, and whose logs we watch."""

from __future__ import annotations

from django.db import models
from django.db.models import UniqueConstraint

from tillit.trust.proof.models.log import Checkpoint


class Witness(models.Model):
    """Somebody whose cosignatures of our log we show, known by a verifier key (C2SP signed-note vkey, type 0x04)."""

    name = models.CharField(max_length=200)
    vkey = models.CharField(max_length=400, unique=True)
    added_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Cosignature(models.Model):
    """That a witness saw this checkpoint, and that it continues all it had seen before (C2SP tlog-cosignature)."""

    checkpoint = models.ForeignKey(Checkpoint, on_delete=models.PROTECT, related_name="cosignatures")
    witness = models.ForeignKey(Witness, on_delete=models.PROTECT, related_name="cosignatures")
    at = models.DateTimeField()
    line = models.CharField(max_length=500)

    class Meta:
        constraints = [UniqueConstraint("checkpoint", "witness", name="one_cosignature_each")]
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.witness_id} of {self.checkpoint_id}"


class WatchedLog(models.Model):
    """Another log, as we last saw it: what it showed then is what it must continue."""

    url = models.CharField(max_length=300)
    origin = models.CharField(max_length=300, unique=True)
    vkey = models.CharField(max_length=400)  # kept from the first visit on
    size = models.BigIntegerField()
    root = models.BinaryField()
    note = models.TextField()  # the checkpoint with our cosignature
    cosigner = models.CharField(max_length=400)  # our verifier key, for whoever wants to check it
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.origin


class SplitView(models.Model):
    """Evidence: two checkpoints of one log, signed by its key, that cannot both be true."""

    log = models.ForeignKey(WatchedLog, on_delete=models.PROTECT, related_name="split_views")
    found_at = models.DateTimeField()
    kept = models.TextField()
    shown = models.TextField()
    reason = models.TextField()

    class Meta:
        constraints = [UniqueConstraint("log", "shown", name="split_view_kept_once")]
        ordering = ["-found_at"]

    def __str__(self) -> str:
        return f"{self.log_id} {self.found_at:%Y-%m-%d}"
