"""How an announced window is taken back, by a person or by the plan."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from tillit.availability.models import MaintenanceWindow
from tillit.availability.queries import NOTICE_DAYS, settled
from tillit.foundation.access import Actor
from tillit.foundation.clock import now
from tillit.foundation.events import record


def call_off(actor: Actor, window: MaintenanceWindow, because: str, *, by_plan: bool = False) -> None:
    window.cancelled_at, window.cancelled_because = now(), because
    window.cancelled_by = None if by_plan else actor.user
    window.sequence += 1
    window.save(update_fields=["cancelled_at", "cancelled_by", "cancelled_because", "sequence"])
    record(actor, "availability.maintenance_cancelled", window)


def withdraw_unforeseen(
    actor: Actor, foreseen: dict[Any, MaintenanceWindow], at: datetime
) -> set[tuple[int | None, str, object]]:
    """Cancel announced windows of rules that no longer fire then; returns what needs no announcement."""
    of_rules = MaintenanceWindow.objects.standing().exclude(day=None).exclude(rule=None)
    standing = settled()
    for window in of_rules.filter(ends_at__gt=at, moved_at=None, revised_at=None).select_for_update():
        planned = foreseen.get(window.identity)
        as_planned = planned and (planned.starts_at, planned.ends_at) == (window.starts_at, window.ends_at)
        if as_planned or window.starts_at <= at or window.starts_at >= at + timedelta(days=NOTICE_DAYS):
            standing.add(window.identity)
        else:
            call_off(actor, window, "", by_plan=True)
    return standing
