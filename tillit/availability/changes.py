"""What was announced of a window at each time, and what every change made of it.

Kept is what was announced before each change (`WindowVersion`); what it was told as is put together from that again.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from tillit.availability import words
from tillit.availability.models import MaintenanceWindow, WindowVersion
from tillit.foundation.texts import marked, pick

KEPT = ("title", "effect", "components", "most_seconds", "reasons")  # of a window said otherwise, beside its times
Texts = dict[str, str]  # by language


@dataclass(frozen=True)
class Change:
    """One thing that is said otherwise, as `pick` reads it; without texts `what` says it all."""

    what: str
    before: Texts
    after: Texts

    def __str__(self) -> str:
        if not (self.before or self.after):
            return self.what
        said = {"what": self.what, "before": marked(self.before) or "–", "after": marked(self.after) or "–"}
        return _("%(what)s: %(after)s (before: %(before)s)") % said


@dataclass(frozen=True)
class Step:
    """A change of an announced window: what was told before it, and what since."""

    version: WindowVersion
    before: MaintenanceWindow
    after: MaintenanceWindow

    @property
    def is_moved(self) -> bool:
        return times(self.before) != times(self.after)

    @property
    def changes(self) -> list[Change]:
        return between(self.before, self.after)

    @property
    def lines(self) -> list[str]:
        """In plain text: from when to when, what else is different, and why."""
        return [*differences(self.before, self.after), *filter(None, [self.version.because])]

    @property
    def parts(self) -> tuple[str, ...]:
        """Slugs of the parts that were or are concerned; none: all."""
        before, after = self.before.components, self.after.components
        return tuple(dict.fromkeys([*before, *after])) if before and after else ()


def of(window: MaintenanceWindow) -> list[Step]:
    """The changes of an announced window, the first one first."""
    found: list[Step] = []
    for version in list(window.versions.all())[::-1]:
        after = found[-1].before if found else window
        found.append(Step(version, _as_told(version, after), after))
    return found[::-1]


def between(before: MaintenanceWindow, after: MaintenanceWindow) -> list[Change]:
    """What is different beside the times, in the reader's language."""
    language = get_language() or "en"
    said = [
        Change(_("Title"), before.title, after.title),
        Change(_("Parts of the service"), *({language: words.parts(one) or _("all")} for one in (before, after))),
        Change(_("What people notice"), *({language: words.expected(one)} for one in (before, after))),
        Change(_("Reason"), before.why, after.why),
    ]
    found = [one for one in said if pick(one.before) != pick(one.after)]
    if not found and (before.title, before.why) != (after.title, after.why):
        return [Change(_("Worded otherwise in another language."), {}, {})]
    return found


def differences(before: MaintenanceWindow, after: MaintenanceWindow) -> list[str]:
    """The same in plain text, the times among it."""
    spans = {"before": words.span(before), "after": words.span(after)}
    moved = [_("From %(before)s to %(after)s.") % spans] if times(before) != times(after) else []
    return [*moved, *(str(change) for change in between(before, after))]


def times(window: MaintenanceWindow) -> tuple[object, object]:
    return (window.starts_at, window.ends_at)


def _as_told(version: WindowVersion, after: MaintenanceWindow) -> MaintenanceWindow:
    """The window as it was announced until this version was replaced by what stands in `after`; never to be saved."""
    told = copy.copy(after)
    for name in ("sequence", "starts_at", "ends_at", "announced_at"):
        setattr(told, name, getattr(version, name))
    for name in KEPT:
        if name in version.said:  # of a move nothing; before migration 0015 no reasons
            setattr(told, name, version.said[name])
    if "reasons" in version.said:
        told.reason = pick(told.reasons, "en")[0]
    return told
