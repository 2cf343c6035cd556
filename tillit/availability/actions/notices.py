"""Who was shown which notice."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from tillit.availability import noticed
from tillit.availability.models import (
    MaintenanceWindow,
    NoticeFigure,
    NoticeReach,
    NoticeReceipt,
)
from tillit.foundation.access import Actor, action, even_in_maintenance, require
from tillit.foundation.clock import now
from tillit.foundation.events import record
from tillit.foundation.models import Tenant
from tillit.foundation.tenancy import in_tenant


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


@action
def count_notices(actor: Actor) -> list[NoticeFigure]:
    """Count, for every window that began within a day, how many of the active people were shown its notice in time.

    Once for each window: the total, which everybody may read, and one line for each tenant, its receipt.
    """
    require(actor, "availability.run_work")
    at = now()
    begun = MaintenanceWindow.objects.standing().filter(starts_at__lte=at, starts_at__gt=at - noticed.COUNTED_WITHIN)
    figures = []
    for window in begun.filter(figures=None).select_for_update(of=("self",)):
        reached = [_reach(window, tenant, at) for tenant in noticed.tenants_of(window)]
        figure = NoticeFigure(
            window=window,
            sequence=window.sequence,
            tenants=len(reached),
            newcomers=noticed.newcomers_of(window).count(),
            active_users=sum(one.active_users for one in reached),
            shown_in_time=sum(one.shown_in_time for one in reached),
            taken_at=at,
        )
        figure.save(force_insert=True)
        record(actor, "availability.notice_counted", window)
        figures.append(figure)
    return figures


def _reach(window: MaintenanceWindow, tenant: Tenant, at: datetime) -> NoticeReach:
    with in_tenant(tenant):
        active, shown = noticed.count(window)
        reach = NoticeReach(tenant=tenant, window=window, active_users=active, shown_in_time=shown, taken_at=at)
        reach.save(force_insert=True)
    return reach
