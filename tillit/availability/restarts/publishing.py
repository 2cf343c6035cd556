"""A restart as everybody may read it, and what it puts into the public trust log."""

from __future__ import annotations

from typing import Any

from tillit.availability.restarts.models import RestartRun
from tillit.availability.statuspage import moment
from tillit.foundation.models import Event

Json = dict[str, Any]
FIGURES = (
    "took_ms", "rate", "sent", "failed", "retried", "median_ms", "p99_ms", "longest_ms", "in_session", "signed_out",
    "drafts", "lost_drafts",
)  # fmt: skip


def run(event: Event) -> Json:
    found = RestartRun.objects.get(pk=event.subject_id or 0)
    return {"subject": f"restarts/{found.pk}", "content": as_json(found)}


def as_json(found: RestartRun) -> Json:
    """Waits in milliseconds; `null` where nothing was measured."""
    return {
        "id": found.pk,
        "began_at": moment(found.began_at),
        "occasion": found.occasion,
        "outcome": found.outcome,
        "reason": found.reason or None,
        "release": found.release,
    } | {name: getattr(found, name) for name in FIGURES}
