"""How far the notice of a window reached: whom of the active people it was shown in time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db.models import Exists, Max, OuterRef, Q, QuerySet, Subquery
from django_scopes import scopes_disabled

from tillit.availability.models import MaintenanceWindow, NoticeFigure, NoticeProof, NoticeReach, NoticeReceipt
from tillit.foundation.models import Event, Membership, Tenant

ACTIVE_WITHIN = timedelta(days=30)  # before the window's start
COUNTED_WITHIN = timedelta(days=1)  # after it; a worker that slept longer counts nothing


def tenants_of(window: MaintenanceWindow) -> QuerySet[Tenant]:
    """The customers a window concerns that were there when its notice had to begin."""
    return _concerned(window).filter(created_at__lte=window.starts_at - window.NOTICE)


def newcomers_of(window: MaintenanceWindow) -> QuerySet[Tenant]:
    """Those that came within the notice: the window stood in their sign-in view from its first minute."""
    return _concerned(window).filter(created_at__gt=window.starts_at - window.NOTICE, created_at__lt=window.starts_at)


def _concerned(window: MaintenanceWindow) -> QuerySet[Tenant]:
    customers = Tenant.objects.filter(kind=Tenant.Kind.CUSTOMER)
    open_ones = customers.filter(state__in=[Tenant.State.RUNNING, Tenant.State.READ_ONLY])
    if window.wave:
        open_ones = open_ones.filter(wave=window.wave)
    return (open_ones.filter(region=window.region) if window.region else open_ones).order_by("name", "id")


def people(window: MaintenanceWindow) -> QuerySet[Any]:
    """The people of the tenant that is open, each with `first_shown_at`, `put_away_at` and `is_active`.

    Active is who signed in, or was shown any notice, within 30 days before the window's start.
    """
    since = window.starts_at - ACTIVE_WITHIN
    mine = NoticeReceipt.objects.filter(user=OuterRef("user_id"))
    of_window = mine.filter(window=window, sequence=window.sequence)
    signed_in = Event.objects.filter(
        name="tenants.signed_in", subject_type="foundation.membership", subject_id=OuterRef("pk"), at__gte=since
    )
    return (
        Membership.objects.filter(Q(ended_at=None) | Q(ended_at__gt=window.starts_at))
        .select_related("user")
        .annotate(
            first_shown_at=Subquery(of_window.values("first_shown_at")[:1]),
            put_away_at=Subquery(of_window.values("dismissed_at")[:1]),
            is_active=Exists(signed_in) | Exists(mine.filter(first_shown_at__gte=since)),
        )
        .order_by("user__name", "pk")
    )


def count(window: MaintenanceWindow) -> tuple[int, int]:
    """Of the tenant that is open: active people, and those of them who were shown the notice 24 hours ahead."""
    active = people(window).filter(is_active=True)
    return active.count(), active.filter(first_shown_at__lte=window.starts_at - window.NOTICE).count()


def reached(window: MaintenanceWindow) -> list[NoticeReach]:
    """What was counted of each customer: the operator's to see."""
    with scopes_disabled():  # row-level security lets the operator read what both sides see
        return list(NoticeReach.objects.filter(window=window).select_related("tenant").order_by("tenant__name"))


def as_json(windows: Iterable[MaintenanceWindow]) -> dict[int, dict[str, Any]]:
    """By the window's key: when its notice was first read back from each place, and, once it began, whom it reached."""
    sequences = {window.pk: window.sequence for window in windows if window.pk}
    told: dict[int, dict[str, Any]] = {pk: {"read_back": {}} for pk in sequences}
    proofs = NoticeProof.objects.filter(window__in=sequences).values("window", "sequence", "place")
    for proof in proofs.annotate(at=Max("verified_at")):
        if proof["sequence"] == sequences[proof["window"]]:
            told[proof["window"]]["read_back"][proof["place"]] = proof["at"].isoformat(timespec="seconds")
    for figure in NoticeFigure.objects.filter(window__in=sequences):
        told[figure.window_id] |= {
            "shown_percent": figure.shown_percent,
            "active_users": figure.active_users,
            "shown_in_time": figure.shown_in_time,
            "tenants": figure.tenants,
            "newcomers": figure.newcomers,
            "counted_at": figure.taken_at.isoformat(timespec="seconds"),
        }
    return told
