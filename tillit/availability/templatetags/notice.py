"""The marks that a proof of notice looks for on a page."""

from __future__ import annotations

from django import template

from tillit.availability.models import MaintenanceWindow
from tillit.availability.proving import mark_of
from tillit.availability.recurrence import Interruption

register = template.Library()
register.filter("mark", mark_of)


@register.filter
def marks(found: Interruption[MaintenanceWindow]) -> str:
    return ", ".join(mark_of(window) for window in found.windows)
