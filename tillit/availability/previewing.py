"""Before it is announced: what customers would read, whom it would concern, and what speaks against it."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from tillit.availability import effects, queries
from tillit.availability.models import MaintenanceWindow
from tillit.availability.refusals import refuse_times
from tillit.foundation.clock import now
from tillit.foundation.errors import Refused
from tillit.foundation.models import Tenant


@dataclass(frozen=True)
class Preview:
    """`texts` by language as (code, name, what customers read); `customers` of `all_customers` are concerned.

    `does_nothing`: its effect is left to whoever does the work.
    """

    texts: list[tuple[str, str, str]]
    customers: int
    all_customers: int
    conflicts: list[MaintenanceWindow]
    refusal: str
    field: str | None
    does_nothing: bool


def preview(window: MaintenanceWindow, zone: str) -> Preview:
    """Of a window that is not saved, as if it were announced now; its texts in the operator's time zone."""
    window.announced_at = now()
    refusal, field = _refusal(window)
    everybody = Tenant.objects.filter(kind=Tenant.Kind.CUSTOMER)
    concerned = everybody
    for name in ("wave", "region"):
        if value := getattr(window, name):
            concerned = concerned.filter(**{name: value})
    return Preview(
        [(code, str(name), _as_read(window, code, zone)) for code, name in settings.LANGUAGES],
        concerned.count(),
        everybody.count(),
        conflicts(window),
        refusal,
        field,
        effects.does_nothing(window),
    )


def refusal_of_move(window: MaintenanceWindow, *, starts_at: datetime, ends_at: datetime) -> str:
    """What would be said against moving a window to these times; nothing where it may be moved. Nothing is saved."""
    if window.phase != window.Phase.SCHEDULED:
        return _("Only a window that has not begun can be moved.")
    moved = copy.copy(window)
    moved.starts_at, moved.ends_at, moved.announced_at = starts_at, ends_at, now()
    return _refusal(moved)[0]


def conflicts(window: MaintenanceWindow) -> list[MaintenanceWindow]:
    """Windows at the same time for some of the same customers, announced or foreseen; earliest first."""
    if window.ends_at <= window.starts_at or not window.is_within_reach(now()):
        return []
    announced = list(MaintenanceWindow.objects.overlapping(window).select_related("rule"))
    taken = {one.identity for one in announced} | queries.settled() | {window.identity}
    foreseen = [
        one
        for one in queries.computed_windows(window.ends_at)
        if one.identity not in taken and one.ends_at > window.starts_at and _shared(one, window)
    ]
    return sorted([*announced, *foreseen], key=lambda one: one.starts_at)


def _shared(one: MaintenanceWindow, other: MaintenanceWindow) -> bool:
    pairs = ((one.wave, other.wave), (one.region, other.region))
    return all("" in pair or len(set(pair)) == 1 for pair in pairs)


def _refusal(window: MaintenanceWindow) -> tuple[str, str | None]:
    try:
        refuse_times(window)
    except Refused as refusal:
        return str(refusal), refusal.field
    return "", None


def _as_read(window: MaintenanceWindow, language: str, zone: str) -> str:
    with translation.override(language), timezone.override(ZoneInfo(zone)):
        return render_to_string("availability/_preview_text.html", {"window": window})
