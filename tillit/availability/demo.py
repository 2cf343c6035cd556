"""Half a year of running the demo's cloud: windows announced by the plan and by people, one called off, four incidents.

Everything is made by the room's own actions, at times the loader tells, and is the same every time. Invented.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable
from datetime import datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tillit.availability.actions.incidents import (
    Found,
    Said,
    open_incident,
    publish_postmortem,
    resolve_incident,
    update_incident,
)
from tillit.availability.actions.plan import announce_due_windows
from tillit.availability.actions.windows import Details, announce_maintenance, cancel_maintenance
from tillit.availability.models import Component, Incident, MaintenanceRule, MaintenanceWindow
from tillit.foundation import clock
from tillit.foundation.access import Actor

HALF_A_YEAR = 182  # days
CALLED_OFF = 24  # days ago: the system maintenance that comes next is not needed
STORY: dict[str, list[dict[str, Any]]] = tomllib.loads((Path(__file__).parent / "demo.toml").read_text())
Told = tuple[datetime, Callable[[], object]]


def tell_half_a_year(staff: Actor, until: datetime, more: Iterable[Told] = ()) -> None:
    """The cloud's past. `staff` may announce and manage incidents; the register has been applied.

    `more`: what rooms above tell of the same time.
    """
    events = [*_announcements(staff, until), *_incidents(staff, until), *_days(staff, until), *more]
    events.append((until - timedelta(days=CALLED_OFF), partial(_call_off, staff)))
    for moment, happens in sorted(events, key=lambda event: event[0]):
        if moment <= until:
            with clock.at(moment):
                happens()


def _days(staff: Actor, until: datetime) -> list[Told]:
    """What the hourly job does, once a day."""
    system = Actor.system(staff.tenant)
    days = [until - timedelta(days=back) for back in range(HALF_A_YEAR, -1, -1)]
    return [(day, partial(announce_due_windows, system)) for day in days]


def _announcements(staff: Actor, until: datetime) -> list[Told]:
    told = STORY["announced"]
    return [(on(staff, until, one["days_ago"], one["at"]), partial(_announce, staff, one)) for one in told]


def _announce(staff: Actor, told: dict[str, Any]) -> None:
    rule = MaintenanceRule.objects.filter(key=told["rule"]).first()
    if rule is None:  # another register has been applied
        return
    starts_at = _start(rule, told)
    announce_maintenance(
        staff,
        kind=rule.kind,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=told["lasting_minutes"]),
        title=rule.name,
        details=Details(most_seconds=told["most_seconds"], rule=rule),
    )


def _start(rule: MaintenanceRule, told: dict[str, Any]) -> datetime:
    """Some hours into the next frame that can still be announced in time."""
    soonest = clock.now() + MaintenanceWindow.NOTICE
    frames = rule.frames(soonest, soonest + timedelta(days=14))
    frame = next(one for one in frames if one.starts_at >= soonest)
    return frame.starts_at + timedelta(hours=told["hours_after_frame"])


def _call_off(staff: Actor) -> None:
    ahead = MaintenanceWindow.objects.upcoming().filter(rule__key="system", starts_at__gt=clock.now())
    if window := ahead.first():
        cancel_maintenance(staff, window=window, because="There is nothing to patch this time.")


def _incidents(staff: Actor, until: datetime) -> list[Told]:
    events: list[Told] = []
    for told in STORY["incidents"]:
        began = on(staff, until, told["days_ago"], told["at"])
        for update in told["updates"]:
            moment = began + timedelta(minutes=update["after"])
            events.append((moment, partial(_say, staff, told, update)))
    return events


def _say(staff: Actor, told: dict[str, Any], update: dict[str, Any]) -> None:
    parts = list(Component.objects.filter(slug=told["part"]))
    body = {language: update[language] for language in ("de", "en", "nb")}
    said = Said(body, update["status"], "", parts)
    if update["after"] == 0:
        opened = Said(body, update["status"], told["state"], parts)
        by_itself = told.get("noticed_by") == "probe"
        found = Found("probe", clock.now() - timedelta(minutes=1)) if by_itself else Found()
        opener = Actor.system(staff.tenant) if by_itself else staff
        open_incident(opener, title=told["title"], impact=told["impact"], said=opened, found=found)
        return
    incident = Incident.objects.get(title=told["title"])
    if update["status"] == "postmortem":
        publish_postmortem(staff, incident=incident, body=body)
    elif update["status"] == "resolved":
        resolve_incident(staff, incident=incident, body=body)
    else:
        update_incident(staff, incident=incident, said=said)


def on(staff: Actor, until: datetime, days_ago: int, at: str) -> datetime:
    """A clock time of the operator's, so many days before the present."""
    zone = ZoneInfo(staff.tenant.time_zone)
    day = (until.astimezone(zone) - timedelta(days=days_ago)).date()
    return datetime.combine(day, time.fromisoformat(at), tzinfo=zone)
