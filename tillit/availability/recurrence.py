"""When maintenance happens: from a rule of the register to windows with a first and a last moment.

A rule speaks in days and local clock times of one named time zone; computers meet in UTC. Between the two lie
the nights in which clocks change, and there this module decides, once for everybody:

- A start that does not exist that night (02:00 in Oslo in March) moves to the first moment after the jump.
- A clock time that occurs twice that night (02:00 in Oslo in October) means the first of the two.
- An end is a clock time too. A window over the change is therefore an hour shorter or longer: Saturday 20:00
  to Sunday 06:00 lasts nine or eleven hours instead of ten.
- Only a window that lies wholly inside the missing hour keeps its length instead, counted from the first
  moment after the jump; else nothing of it would be left.

Recurrence is RFC 5545's RRULE, in days: FREQ of DAILY or longer, with the parts named in PARTS. The anchor is
the first day on which the rule fires, so that anyone can check what "every second week" means.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from heapq import merge
from itertools import takewhile
from typing import Any, Generic, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dateutil.rrule import rrulebase, rrulestr
from django.utils.translation import gettext_noop

NO_DAY = gettext_noop("The rule does not fire on these exceptions: %(days)s.")
MOST_DAYS = 31  # a window may end, and a wave may follow, at most this many days after the day of the rule

WEEKDAY = "(?:MO|TU|WE|TH|FR|SA|SU)"
MONTHDAY = r"-?(?:[1-9]|[12][0-9]|3[01])"
PARTS = {
    "FREQ": "DAILY|WEEKLY|MONTHLY|YEARLY",
    "INTERVAL": r"[1-9][0-9]{0,2}",
    "BYDAY": rf"(?:[+-]?[1-5])?{WEEKDAY}(?:,(?:[+-]?[1-5])?{WEEKDAY})*",
    "BYMONTHDAY": rf"{MONTHDAY}(?:,{MONTHDAY})*",
    "BYMONTH": r"(?:[1-9]|1[0-2])(?:,(?:[1-9]|1[0-2]))*",
    "BYSETPOS": r"-?[1-9][0-9]?",
    "WKST": WEEKDAY,
    "COUNT": r"[1-9][0-9]{0,4}",
    "UNTIL": r"[0-9]{8}",
}


class BadRule(ValueError):
    """A rule that cannot be kept. `code` tells programs why; `sentence` (translated) and `facts` tell people."""

    def __init__(self, code: str, sentence: str, **facts: object) -> None:
        super().__init__(sentence % facts if facts else sentence)
        self.code, self.sentence, self.facts = code, sentence, facts


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the maintenance plan, or one wave of it.

    `start` and `end` are clock times in `zone`; `end` lies `end_days_later` days after the day of the start.
    A wave sets `days_later`, the days between the day on which the rule fires and its own. On `exceptions`
    (RFC 5545's EXDATE, as days of the rule) nothing happens, in no wave. A rule
    `as_needed` says when work may happen, not that it does: it has frames, but no occurrences.
    """

    key: str
    zone: str
    start: time
    end: time | None = None
    rrule: str | None = None
    anchor: date | None = None
    end_days_later: int = 0
    days_later: int = 0
    wave: str = ""
    as_needed: bool = False
    exceptions: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One window: `starts_at` and `ends_at` in UTC, `day` the local day on which it begins.

    Key, wave and day identify it for good, however the clocks of that night are changed later.
    """

    key: str
    wave: str
    day: date
    starts_at: datetime
    ends_at: datetime


S = TypeVar("S")  # an occurrence, a window in the database: whatever has a `starts_at` and an `ends_at`


@dataclass(frozen=True)
class Interruption(Generic[S]):
    """Windows that overlap or touch, seen as the one interruption that they are for people."""

    starts_at: datetime
    ends_at: datetime
    windows: tuple[S, ...]


def occurrences(rule: Rule, after: datetime, before: datetime) -> Iterator[Occurrence]:
    """The windows of `rule` with a moment in [after, before), earliest first; none if it is `as_needed`.

    Both limits must be aware. Raises BadRule for a rule that `check` refuses.
    """
    return iter(()) if rule.as_needed else frames(rule, after, before)


def frames(rule: Rule, after: datetime, before: datetime) -> Iterator[Occurrence]:
    """Like `occurrences`, but for rules `as_needed` too: the times at which their work may happen.

    A rule without days (an emergency patch) has no frame.
    """
    if after.tzinfo is None or before.tzinfo is None:
        raise ValueError("The limits of a search for windows need a time zone.")
    check(rule)
    return _frames(rule, after, before)


def plan(rules: Iterable[Rule], after: datetime, before: datetime) -> Iterator[Occurrence]:
    """The occurrences of all rules in one sequence, earliest first."""
    return merge(*(occurrences(rule, after, before) for rule in rules), key=lambda found: found.starts_at)


def merged(windows: Iterable[S]) -> Iterator[Interruption[S]]:
    """Windows that overlap or touch, joined into interruptions, earliest first. Any order may come in."""
    together: list[S] = []
    first = last = datetime.min.replace(tzinfo=UTC)
    for window in sorted(windows, key=_span):
        starts_at, ends_at = _span(window)
        if together and starts_at > last:
            yield Interruption(first, last, tuple(together))
            together = []
        first = first if together else starts_at
        together.append(window)
        last = max(last, ends_at)
    if together:
        yield Interruption(first, last, tuple(together))


def _span(window: Any) -> tuple[datetime, datetime]:
    return (window.starts_at, window.ends_at)


def moment(local: datetime, zone: ZoneInfo) -> datetime:
    """The UTC moment at which clocks in `zone` first show `local` (naive), or jump over it."""
    instant = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == local:
        return instant
    return _jump(local, zone)


def check(rule: Rule) -> None:
    """Raise BadRule if the rule's zone, times, recurrence or anchor cannot be kept."""
    _zone(rule.zone)
    if not (0 <= rule.end_days_later <= MOST_DAYS and 0 <= rule.days_later <= MOST_DAYS):
        raise BadRule("too-many-days", gettext_noop("Days later must be between 0 and %(most)s."), most=MOST_DAYS)
    if rule.start.tzinfo or (rule.end and rule.end.tzinfo):
        raise BadRule("time-with-zone", gettext_noop("Start and end are local times; the zone stands beside them."))
    if rule.end and rule.end_days_later == 0 and rule.end <= rule.start:
        raise BadRule(
            "end-before-start",
            gettext_noop(
                "The window ends at %(end)s, not after its start at %(start)s. "
                "If it ends on the next day, set end_days_later to 1."
            ),
            end=f"{rule.end:%H:%M}",
            start=f"{rule.start:%H:%M}",
        )
    if rule.rrule is None:
        if not rule.as_needed:
            raise BadRule(
                "no-days", gettext_noop("A rule that is not as_needed must say on which days it fires (rrule).")
            )
        if rule.exceptions:
            raise BadRule("exception-is-no-day", NO_DAY, days=_listed(rule.exceptions))
        return
    if rule.end is None:
        raise BadRule("no-end", gettext_noop("A rule with days (rrule) must say when its window ends."))
    _check_days(rule)


def _check_days(rule: Rule) -> None:
    first = next(iter(_days(rule)), None)
    if first is None:
        never = gettext_noop("The rule %(rrule)s never fires on or after %(anchor)s.")
        raise BadRule("never-fires", never, rrule=rule.rrule, anchor=rule.anchor)
    if first.date() != rule.anchor:
        sentence = gettext_noop("The anchor %(anchor)s is no day of the rule; the first one is %(first)s.")
        raise BadRule("anchor-is-no-day", sentence, anchor=rule.anchor, first=first.date())
    if not rule.exceptions:
        return
    last = datetime.combine(max(rule.exceptions), time.max)
    fires = {day.date() for day in takewhile(lambda day: day <= last, _days(rule))}
    if strangers := set(rule.exceptions) - fires:
        raise BadRule("exception-is-no-day", NO_DAY, days=_listed(strangers))
    if fires == set(rule.exceptions) and _days(rule).after(last) is None:
        raise BadRule(
            "only-exceptions", gettext_noop("Every day of the rule %(rrule)s is an exception."), rrule=rule.rrule
        )


def _listed(days: Iterable[date]) -> str:
    return ", ".join(day.isoformat() for day in sorted(days))


def _frames(rule: Rule, after: datetime, before: datetime) -> Iterator[Occurrence]:
    if rule.rrule is None:
        return
    # A window may begin and end days after the rule's day; one more covers every zone's distance to UTC.
    reach = timedelta(days=rule.days_later + rule.end_days_later + 1)
    earliest = datetime.combine(after.astimezone(UTC).date() - reach, time.min)
    days = (day.date() for day in _days(rule).xafter(earliest, inc=True))
    windows = (_window(rule, day) for day in days if day not in rule.exceptions)
    for window in takewhile(lambda found: found.starts_at < before, windows):
        if window.ends_at > after:
            yield window


def _window(rule: Rule, rule_day: date) -> Occurrence:
    zone = _zone(rule.zone)
    day = rule_day + timedelta(days=rule.days_later)
    starts_local = datetime.combine(day, rule.start)
    ends_local = datetime.combine(day + timedelta(days=rule.end_days_later), rule.end or rule.start)
    starts_at, ends_at = moment(starts_local, zone), moment(ends_local, zone)
    if ends_at <= starts_at:  # the whole window lies in the missing hour
        ends_at = starts_at + (ends_local - starts_local)
    return Occurrence(rule.key, rule.wave, day, starts_at, ends_at)


def _days(rule: Rule) -> rrulebase:
    """The days of the rule as midnights: whole days, so that UNTIL includes its day whatever the start."""
    if rule.anchor is None:
        raise BadRule("no-anchor", gettext_noop("A rule with days (rrule) needs its first day as anchor."))
    text = str(rule.rrule)
    _check_parts(text)
    try:
        return rrulestr(text, dtstart=datetime.combine(rule.anchor, time.min))
    except ValueError as error:  # such as UNTIL=20261399
        raise BadRule("bad-rrule", gettext_noop("The recurrence “%(rrule)s” cannot be read."), rrule=text) from error


def _check_parts(text: str) -> None:
    parts = [part.partition("=")[::2] for part in text.split(";")]
    names = [name for name, _ in parts]
    for name, value in parts:
        if name not in PARTS or not re.fullmatch(PARTS[name], value):
            raise BadRule(
                "bad-rrule",
                gettext_noop("The recurrence “%(rrule)s” cannot be read at “%(part)s”."),
                rrule=text,
                part=name,
            )
    if "FREQ" not in names or len(names) != len(set(names)):
        raise BadRule(
            "bad-rrule", gettext_noop("The recurrence “%(rrule)s” must name FREQ, and each part only once."), rrule=text
        )
    if "COUNT" in names and "UNTIL" in names:
        raise BadRule(
            "bad-rrule",
            gettext_noop("The recurrence “%(rrule)s” has both COUNT and UNTIL; RFC 5545 allows one."),
            rrule=text,
        )
    if re.search("FREQ=(DAILY|WEEKLY)", text) and re.search("BYMONTHDAY|BYSETPOS|BYDAY=[^;]*[0-9]", text):
        raise BadRule(
            "bad-rrule", gettext_noop("In “%(rrule)s” days of the month need FREQ=MONTHLY or FREQ=YEARLY."), rrule=text
        )


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # unknown, a path, a folder
        sentence = gettext_noop("“%(zone)s” is not a time zone. Use an IANA name such as Europe/Oslo.")
        raise BadRule("unknown-zone", sentence, zone=name) from error


def _jump(local: datetime, zone: ZoneInfo) -> datetime:
    """The UTC moment at which clocks in `zone` jump over `local`, to the microsecond."""
    was, becomes = (local.replace(tzinfo=zone, fold=fold).utcoffset() or timedelta() for fold in (0, 1))
    low, high = local.replace(tzinfo=UTC) - becomes, local.replace(tzinfo=UTC) - was
    while high - low > timedelta.resolution:
        middle = low + (high - low) // 2
        if middle.astimezone(zone).utcoffset() == becomes:
            high = middle
        else:
            low = middle
    return high
