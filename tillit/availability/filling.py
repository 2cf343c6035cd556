"""Placeholders in words kept ready: `{parts}`, `{since}`, `{next_update}`; filled in when the words are said."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from tillit.availability import words
from tillit.availability.models import Component
from tillit.foundation.clock import now
from tillit.foundation.errors import Refused
from tillit.foundation.texts import pick

PLACES = ("{parts}", "{since}", "{next_update}")
Texts = dict[str, str]  # by language


@dataclass(frozen=True)
class Known:
    """What stands in place of the placeholders. `for_good`: in what is read months later every time has its day."""

    parts: Iterable[Component]
    since: datetime | None
    next_update: datetime | None = None
    for_good: bool = False


def fill(texts: Texts, known: Known, *, zone: str) -> Texts:
    """Each text with what is known in place of its placeholders, in its own language and in this time zone."""
    parts, said = list(known.parts), full_moment if known.for_good else moment
    filled = {}
    for language, text in texts.items():
        with translation.override(language), timezone.override(ZoneInfo(zone)):
            values = {
                "{parts}": ", ".join(pick(part.name)[0] for part in parts),
                "{since}": said(known.since),
                "{next_update}": said(known.next_update),
            }
            for place, value in values.items():
                text = text.replace(place, value or place)
        filled[language] = text
    return filled


def refuse_gaps(texts: Texts, field: str) -> None:
    """Nobody reads a placeholder: refuse a text that still has one."""
    for text in texts.values():
        for place in PLACES:
            if place in text:
                raise Refused(
                    _("Nothing is known yet in place of %(place)s: choose it below, or take it out of the text.")
                    % {"place": place},
                    field=field,
                )


def moment(at: datetime | None) -> str:
    """`03:40 CET` in the active zone; with its day where that is not today."""
    if at is None:
        return ""
    said = f"{words.clock(at)} {words.zone(at)}"
    return said if words.day(at) == words.day(now()) else f"{words.weekday(at)}, {said}"


def full_moment(at: datetime | None) -> str:
    """`Mon, 23 Nov 2026, 03:40 CET` in the active zone."""
    return f"{words.day(at)}, {words.clock(at)} {words.zone(at)}" if at else ""
