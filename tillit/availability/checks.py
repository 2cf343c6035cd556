"""What this room is asked about itself."""

from __future__ import annotations

from datetime import timedelta

from django.utils.translation import gettext_noop

from tillit.availability.models import MaintenanceWindow
from tillit.foundation.checks import Finding
from tillit.foundation.clock import now

LOOKED_BACK = timedelta(days=90)


def maintenance_is_announced() -> Finding:
    """Whether every planned window of the last 90 days, and those to come, was announced the promised hours ahead."""
    kind = MaintenanceWindow.Kind.PLANNED
    windows = MaintenanceWindow.objects.standing().filter(kind=kind, starts_at__gt=now() - LOOKED_BACK)
    notices = [starts - told for starts, told in windows.values_list("starts_at", "announced_at")]
    hours = MaintenanceWindow.NOTICE // timedelta(hours=1)
    short = [notice for notice in notices if notice < MaintenanceWindow.NOTICE]
    if short:
        sentence = gettext_noop("Planned windows announced less than %(hours)s hours ahead: %(short)s of %(count)s.")
        return Finding(False, sentence, {"hours": hours, "short": len(short), "count": len(notices)})
    if not notices:
        return Finding(True, gettext_noop("No planned maintenance within 90 days."))
    sentence = gettext_noop("Planned windows within 90 days: %(count)s; announced %(least)s hours ahead or more.")
    return Finding(True, sentence, {"count": len(notices), "least": int(min(notices) / timedelta(hours=1))})
