"""Who was shown which notice."""

from __future__ import annotations

from collections.abc import Iterable

from tillit.availability.models import (
    MaintenanceWindow,
    NoticeReceipt,
)
from tillit.foundation.access import Actor, action, even_in_maintenance, require
from tillit.foundation.clock import now
from tillit.foundation.events import record


@action
@even_in_maintenance
def record_notice_shown(actor: Actor, *, windows: Iterable[MaintenanceWindow]) -> None:
    """Keep that this person was shown the notice of these windows now; the first time counts."""
    require(actor, "availability.dismiss")
    receipts = [
        NoticeReceipt(
            tenant=actor.tenant, user=actor.user, window=window, sequence=window.sequence, first_shown_at=now()
        )
        for window in windows
    ]
    NoticeReceipt.objects.bulk_create(receipts, ignore_conflicts=True)
    record(actor, "availability.notice_shown", windows=[receipt.window_id for receipt in receipts])


@action
@even_in_maintenance
def dismiss_notice(actor: Actor, *, windows: Iterable[int]) -> int:
    """Put the notices of these windows away for this person; returns how many there were."""
    require(actor, "availability.dismiss")
    at = now()
    seen = NoticeReceipt.objects.filter(user=actor.user, window__in=list(windows), dismissed_at=None)
    dismissed = list(seen.values_list("window", flat=True))
    seen.update(dismissed_at=at)
    if dismissed:
        record(actor, "availability.notice_dismissed", windows=dismissed)
    return len(dismissed)
