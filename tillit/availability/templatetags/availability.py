"""Windows and states in templates."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from tillit.availability import changes, queries, words
from tillit.availability.changes import Step
from tillit.availability.models import Incident, MaintenanceWindow
from tillit.availability.models.components import Shown
from tillit.availability.queries import Interruption
from tillit.availability.words import Timed

register = template.Library()
SAID = (words.day, words.weekday, words.clock, words.month, words.zone, words.expected, words.noticed, words.audience)
for _filter in (*SAID, words.job, words.region):
    register.filter(_filter.__name__, _filter)
register.filter("full_moment", words.moment)
register.filter("plain_span", words.span)  # inside a sentence, where the reader's own time has no room


@register.filter
def brief_span(timed: Timed) -> SafeString:
    """As `span`, without the year: for what comes within days."""
    return span(timed, words.weekday)


@register.filter
def span(timed: Timed, first_day: Callable[[datetime], str] = words.day) -> SafeString:
    """`Fri, 4 Dec 2026, 00:00–06:00 CET`; the zone stands at both ends where clocks change in between."""
    first, dash, last = words.ends(timed, first_day)
    start, end = (at.isoformat(timespec="minutes") for at in (timed.starts_at, timed.ends_at))
    return format_html(
        '<span class="span" data-span><time datetime="{}">{}</time>{}<time datetime="{}">{}</time></span>',
        start, first, dash, end, last,
    )  # fmt: skip


@register.filter
def parts(about: MaintenanceWindow | Interruption) -> str:
    """The parts of the service that a window, or all windows of an interruption, name; "" where it concerns all."""
    return words.parts(*(about.windows if isinstance(about, Interruption) else (about,)))


@register.filter
def steps(window: MaintenanceWindow) -> list[Step]:
    """What was announced of it before, and what each change made of it, the first one first."""
    return changes.of(window)


@register.filter
def near(found: list[Interruption]) -> list[Interruption]:
    return queries.near(found)


@register.filter
def further(found: list[Interruption]) -> list[Interruption]:
    """The others."""
    shown = queries.near(found)
    return [one for one in queries.by_weight(found) if one not in shown]


@register.filter
def sentence(summary: str) -> str:
    return str(words.STATUS[summary][0])


@register.filter
def status_tone(summary: str) -> str:
    return words.STATUS[summary][1]


@register.filter
def state_label(state: str) -> str:
    return str(Shown(state).label)


@register.filter
def state_tone(state: str) -> str:
    return words.STATE_TONES[Shown(state)]


@register.filter
def phase_tone(window: MaintenanceWindow) -> str:
    return words.PHASE_TONES[window.phase]


@register.filter
def impact_tone(impact: str) -> str:
    return words.IMPACT_TONES[Incident.Impact(impact)]
