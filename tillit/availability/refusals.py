"""What is refused of times, and of rows that contradict themselves: as a sentence, before the database is asked."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Max
from django.db.models.functions import Greatest
from django.utils.translation import gettext as _

from tillit.availability import words
from tillit.availability.models import (
    A_FEW_SECONDS,
    Component,
    Effect,
    Incident,
    MaintenanceRule,
    MaintenanceWindow,
    NoticeProof,
    WindowWork,
)
from tillit.foundation.clock import now
from tillit.foundation.errors import Refused
from tillit.foundation.models import Tenant
from tillit.foundation.regions import known_regions
from tillit.foundation.texts import pick


def refuse_times(window: MaintenanceWindow) -> None:
    """Refuse times that come too soon, lie outside the plan's frame or beside other work for the same customers.

    A window of the plan that a person moves leaves its frame for a reason that everybody reads.
    """
    starts_at, ends_at, rule = window.starts_at, window.ends_at, window.rule
    refuse_reach(window)
    refuse_length(window)
    if not window.gives_enough_notice(window.announced_at):
        needed = _("Planned maintenance needs at least 24 hours' notice.")
        raise Refused(f"{needed}{_not_before(window)}", field="starts_at")
    if ends_at <= window.announced_at:
        raise Refused(_("This window would already be over."), field="ends_at")
    if rule and not window.day and ends_at > starts_at and not rule.has_room_for(starts_at, ends_at):
        raise Refused(_outside(rule), field="starts_at")
    if window.is_planned and (other := MaintenanceWindow.objects.overlapping(window).first()):
        already = _("There is already a window then: %(other)s.") % {"other": words.named(other)}
        cancel = _("Cancel that one first, or choose another time.")
        raise Refused(f"{already} {cancel}{_free_again(window)}", field="starts_at")
    refuse_contradictions(window)


def refuse_reach(window: MaintenanceWindow) -> None:
    """Refuse a window of the next century: what is beside it could not be told before the evening."""
    if not window.is_within_reach(now()):
        raise Refused(_("A window begins within two years, and lasts 31 days at most."), field="ends_at")


def refuse_length(window: MaintenanceWindow) -> None:
    """Refuse an interruption that outlasts its window, or the seconds its effect promises (`A_FEW_SECONDS`)."""
    most = timedelta(seconds=window.most_seconds or 0)
    if timedelta() < window.ends_at - window.starts_at < most:
        raise Refused(_("The interruption would be longer than the window itself."), field="minutes")
    if window.effect == Effect.SECONDS and most > timedelta(seconds=A_FEW_SECONDS):
        said = _(
            "“Interrupted for seconds” means a minute at most. Choose what people notice of a longer interruption."
        )
        raise Refused(said, field="minutes")


def is_worse(window: MaintenanceWindow, *, effect: str, ends_at: datetime, components: list[str], **said: Any) -> bool:
    """Whether customers would have it worse than it is announced: heavier, longer, or in more parts of the service."""
    heavier = Effect.values.index(effect) > Effect.values.index(window.effect)
    longer = ends_at > window.ends_at
    wider = bool(window.components) and not (components and set(components) <= set(window.components))
    known, seconds = window.most_seconds, said["most_seconds"]
    slower = known is not None and (seconds is None or seconds > known)
    return heavier or longer or wider or slower


def refuse_strangers(rules: Iterable[MaintenanceRule]) -> None:
    """Refuse rules about parts of the service, regions or jobs that nobody knows."""
    parts = set(Component.objects.in_service().values_list("slug", flat=True))
    regions = _regions()
    for rule in rules:
        strangers = [
            (_("“%(name)s” is no part of the service."), set(rule.components) - parts),
            (_("“%(name)s” is no region."), {rule.region} - regions - {""}),
            (_("“%(name)s” is no work that is known here."), {rule.job} - set(words.windowed_jobs()) - {""}),
        ]
        for sentence, names in strangers:
            if names:
                raise Refused(sentence % {"name": min(names)}, field=f"maintenance_rules[{rule.key}]")


def refuse_strange_place(wave: str, region: str) -> None:
    """Refuse a wave or region in which there can be nobody. Empty means all of them."""
    if wave and wave not in Tenant.Wave.values:
        raise Refused(_("There is no wave “%(wave)s”.") % {"wave": wave})
    if region and region not in _regions():
        raise Refused(_("“%(name)s” is no region.") % {"name": region})


def _regions() -> set[str]:
    return {*known_regions(), *Tenant.objects.values_list("region", flat=True)}


def refuse_clock_set_back(at: datetime) -> None:
    """Refuse a time before something that has been kept already: what a wrong clock says proves nothing."""
    kept = [
        NoticeProof.objects.aggregate(latest=Max("verified_at")),
        WindowWork.objects.aggregate(latest=Greatest(Max("started_at"), Max("ended_at"))),
        MaintenanceWindow.objects.aggregate(latest=Max("announced_at")),
    ]
    latest = max((one["latest"] for one in kept if one["latest"]), default=at)
    if at < latest:
        told = {"now": f"{at:%Y-%m-%d %H:%M:%S} UTC", "latest": f"{latest:%Y-%m-%d %H:%M:%S} UTC"}
        sentence = _(
            "The clock says %(now)s, but something is kept from %(latest)s already. Set the clock right first."
        )
        raise Refused(sentence % told)


def refuse_contradictions(row: MaintenanceWindow | Incident) -> None:
    """The database's own constraints, as a sentence and before it is asked."""
    try:
        row.full_clean()
    except ValidationError as error:
        raise Refused(" ".join(error.messages)) from error


def earliest_start(window: MaintenanceWindow, since: datetime | None = None) -> datetime | None:
    """The first moment from the end of the notice on at which a window as long as this one is beside no other.

    `since`: from then on, which is later than that.
    None where none can be promised: within reach there is none, or the line of the plan has a frame of its own. One
    query.
    """
    if window.rule and window.rule.rrule and not window.day:
        return None
    sought = copy.copy(window)
    length = max(window.ends_at - window.starts_at, timedelta())
    start = sought.starts_at = since or whole_minutes(window.announced_at + window.NOTICE)
    sought.ends_at = start + window.FARTHEST
    others = MaintenanceWindow.objects.overlapping(sought).order_by("starts_at")
    for begins, ends in others.values_list("starts_at", "ends_at"):
        if begins >= start + length:
            break
        start = max(start, ends)
    return start if start - now() <= window.FARTHEST else None


def whole_minutes(at: datetime) -> datetime:
    """The next full five minutes, as people type them: what is named as possible is so while it is typed."""
    return at + timedelta(seconds=-at.timestamp() % 300)


def _not_before(window: MaintenanceWindow) -> str:
    """From when on it may be, after a blank; nothing where that is not known."""
    if (earliest := earliest_start(window)) is None:
        return ""
    return " " + _("It may begin on %(earliest)s at the earliest.") % {"earliest": words.moment(earliest)}


def _free_again(window: MaintenanceWindow) -> str:
    """From when on, after the time that was wished for, nothing is in its way; after a blank."""
    if (free := earliest_start(window, since=window.starts_at)) is None:
        return ""
    return " " + _("From %(free)s on there is room for it.") % {"free": words.moment(free)}


def _outside(rule: MaintenanceRule) -> str:
    frame = pick(rule.schedule)[0]
    return _("The plan has this work done only then: %(frame)s. Choose such a time, or no line of the plan.") % {
        "frame": frame
    }
