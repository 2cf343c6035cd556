"""Deadlines in templates."""

from __future__ import annotations

from datetime import datetime, timedelta

from babel import units
from django import template
from django.utils.translation import gettext as _

from tillit.availability.clocks.laws import Due
from tillit.availability.words import clock, day, zone
from tillit.foundation.clock import now
from tillit.foundation.formats import locale

SOON = timedelta(hours=6)
register = template.Library()


@register.filter
def remaining(at: datetime) -> str:
    """`23 hrs 40 min left`, `overdue by 2 days 3 hrs`: the two largest units."""
    left = at - now()
    hours, minutes = divmod(abs(int(left.total_seconds())) // 60, 60)
    days, hours = divmod(hours, 24) if hours >= 48 else (0, hours)
    sizes = [(days, "day"), (hours, "hour"), (minutes, "minute")]
    parts = [
        units.format_unit(number, f"duration-{unit}", "short", locale=locale()) for number, unit in sizes if number
    ]
    length = " ".join(parts[:2]) or units.format_unit(0, "duration-minute", "short", locale=locale())
    said = _("%(length)s left") if left >= timedelta() else _("overdue by %(length)s")
    return said % {"length": length}


def _short(number: int, unit: str) -> str:
    return units.format_unit(number, f"duration-{unit}", "short", locale=locale())


@register.filter
def due_tone(due: Due) -> str:
    if due.reported_at:
        return "good"
    if due.at is None:
        return "idle"
    left = due.at - now()
    return "bad" if left < timedelta() else "warn" if left < SOON else "info"


@register.filter
def moment(at: datetime) -> str:
    """`Fri, 4 Dec 2026, 06:30 CET`, as the reader writes it."""
    return f"{day(at)}, {clock(at)} {zone(at)}"
