"""When an emergency lands if nobody says otherwise: after business hours."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from tillit.availability import recurrence
from tillit.availability.models import MaintenanceRule
from tillit.foundation.models import Tenant

EVENING = time(18)


def next_evening(at: datetime, operator: Tenant) -> datetime:
    """The next start of the plan's line for emergencies; without one, 18:00 by the operator's clocks."""
    rule = MaintenanceRule.objects.in_force().filter(kind=MaintenanceRule.Kind.EMERGENCY).first()
    clock, zone = (rule.start, rule.zone) if rule else (EVENING, operator.time_zone)
    today = at.astimezone(ZoneInfo(zone)).date()
    evenings = (
        recurrence.moment(datetime.combine(today + timedelta(days=days), clock), ZoneInfo(zone)) for days in range(3)
    )
    return next(evening for evening in evenings if evening > at)
