"""Maintenance that took longer than was announced: work that goes on after its end, or parts that do not work again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from tillit.availability.models import Component, Effect, Incident, MaintenanceWindow, WindowWork
from tillit.availability.words import in_every_language
from tillit.foundation.clock import now

LOOKED_BACK = timedelta(days=1)  # what went wrong longer ago is no longer made public by a clock
SAID = {  # by the window's effect: how bad it is, and the state its parts are in
    Effect.OFFLINE: (Incident.Impact.CRITICAL, Component.State.MAJOR_OUTAGE),
    Effect.READ_ONLY: (Incident.Impact.MAJOR, Component.State.PARTIAL_OUTAGE),
}
AS_WELL_AS_IT_CAN = (Incident.Impact.MINOR, "")
Texts = dict[str, str]


@dataclass(frozen=True)
class Overrun:
    """What ran over its time, since when, what it means, and the words for everybody."""

    window: MaintenanceWindow | None
    since: datetime
    effect: str
    region: str
    parts: list[Component]
    body: Texts

    @property
    def impact(self) -> str:
        return SAID.get(Effect(self.effect), AS_WELL_AS_IT_CAN)[0]

    @property
    def state(self) -> str:
        return SAID.get(Effect(self.effect), AS_WELL_AS_IT_CAN)[1]


def overruns() -> list[Overrun]:
    """Those of the last day for which no incident was opened, the oldest first."""
    parts = list(Component.objects.in_service())
    found = [_of_work(work, parts) for work in _work_going_on()]
    taken = {one.window.pk for one in found if one.window}
    for window in _not_completed().exclude(pk__in=taken):
        if broken := _not_working(window, parts):
            body = in_every_language(_still_broken)
            found.append(Overrun(window, window.ends_at, window.effect, window.region, broken, body))
    return sorted(found, key=lambda one: one.since)


def title() -> Texts:
    return in_every_language(lambda: _("Maintenance takes longer than announced"))


def _work_going_on() -> Iterable[WindowWork]:
    late = WindowWork.objects.running().filter(ends_at__lte=now(), ends_at__gt=now() - LOOKED_BACK)
    known = Incident.objects.filter(source=Incident.Source.OVERRUN)
    of_windows = known.exclude(window=None).values("window")
    of_rules = known.filter(window=None).values("detected_at")
    late = late.exclude(window__in=of_windows).exclude(window=None, ends_at__in=of_rules)
    return late.select_related("window", "rule").order_by("ends_at")


def _not_completed() -> QuerySet[MaintenanceWindow]:
    over = MaintenanceWindow.objects.standing().filter(completed_at=None, overruns=None)
    return over.filter(ends_at__lte=now(), ends_at__gt=now() - LOOKED_BACK).exclude(effect=Effect.NONE)


def _of_work(work: WindowWork, parts: list[Component]) -> Overrun:
    interruption = work.window or work.rule
    effect = interruption.effect if interruption else Effect.NONE
    about = _about(work.window, parts) if effect in SAID else []
    return Overrun(work.window, work.ends_at, effect, work.region, about, in_every_language(_still_at_work))


def _not_working(window: MaintenanceWindow, parts: list[Component]) -> list[Component]:
    """Parts of the window that probes, asked after its end, found not working; but not those an incident tells of."""
    return [
        part
        for part in _about(window, parts)
        if part.measured_at
        and part.measured_at > window.ends_at
        and part.measured(now()) in (Component.State.PARTIAL_OUTAGE, Component.State.MAJOR_OUTAGE)
        and not part.incidents.unresolved().exists()
    ]


def _about(window: MaintenanceWindow | None, parts: list[Component]) -> list[Component]:
    return [part for part in parts if window is None or not window.components or part.slug in window.components]


def _still_at_work() -> str:
    return _("The announced time is over and the work is not. We finish it, and write here how far we are.")


def _still_broken() -> str:
    return _("The announced time is over, and our measurements find parts that do not work yet. We look into it.")
