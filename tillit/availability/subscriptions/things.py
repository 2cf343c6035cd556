"""What is told: one word of the status page, found again by its key, in any language.

Keys: those of `telling` (`incidents/3/7`, `incidents/3/7/corrected-1`, `windows/5/1-moved`), `windows/5/reminder-2`
(the number is the window's SEQUENCE), `components/crm/81` (the number is the event's).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from tillit.availability import queries, telling, words
from tillit.availability.calendars import place_of
from tillit.availability.models import Component, Incident, MaintenanceWindow
from tillit.availability.models.components import Shown
from tillit.availability.telling import Entry
from tillit.foundation.clock import now
from tillit.foundation.models import Event, Tenant
from tillit.foundation.tenancy import in_tenant
from tillit.foundation.texts import pick

FRESH = timedelta(days=7)  # what was said before is told to nobody any more, however long nothing could be told
CHANGES = ("availability.component_state_changed", "availability.component_measured")  # said, and measured
REVISED = "availability.incident_revised"  # alone tells corrections: what an older release corrected is no news
CORRECTED = "/corrected-"
REMIND_BEFORE = timedelta(hours=24)


@dataclass(frozen=True)
class Thing:
    """`of`: `incidents`, `maintenance`, `reminders` or `components`. `about` is what it was said of."""

    key: str
    of: str
    at: datetime
    components: tuple[str, ...]
    about: Incident | MaintenanceWindow | Component
    change: tuple[str, str] = ("", "")  # of a part: its state before and after

    def concerns(self, tenant: Tenant | None) -> bool:
        return tenant is None or isinstance(self.about, Component) or queries.concerns(self.about, tenant)

    def entry(self, language: str) -> Entry:
        """Its words in a language, in the operator's time. Raises LookupError where it is not said any more."""
        zone = ZoneInfo(queries.operating_tenant().time_zone)
        with translation.override(language), timezone.override(zone):
            found = next((entry for entry in _entries(self) if entry.key == self.key), None)
            if found and isinstance(self.about, Incident):
                found = replace(found, facts=telling.facts_of(self.about))
        if found is None:
            raise LookupError(self.key)
        return found


def find(key: str) -> Thing | None:
    """None where nothing is known of it (any more)."""
    kind, _slash, rest = key.partition("/")
    name, _slash, word = rest.partition("/")
    if kind == "components":
        return _change_of(key, name, int(word))
    subject = subject_of(kind, int(name))
    return next((thing for thing in _things(subject) if thing.key == key), None) if subject else None


def subject_of(kind: str, pk: int) -> Incident | MaintenanceWindow | None:
    if kind == "incidents":
        return Incident.objects.told().filter(pk=pk).first()
    return MaintenanceWindow.objects.select_related("rule").prefetch_related("versions").filter(pk=pk).first()


def news_of(event: Event) -> list[str]:
    """The keys of what this event of plan and status has to tell."""
    if event.name in CHANGES:
        component = Component.objects.filter(pk=event.subject_id or 0).first()
        return [f"components/{component.slug}/{event.pk}"] if component else []
    kind = "windows" if event.name.startswith("availability.maintenance") else "incidents"
    subject = subject_of(kind, event.subject_id or 0)
    since, revised = now() - FRESH, event.name == REVISED
    said = [thing for thing in _things(subject) if thing.at > since and thing.of != "reminders"] if subject else []
    said = [thing for thing in said if revised or CORRECTED not in thing.key]
    return [thing.key for thing in sorted(said, key=lambda thing: (thing.at, thing.key))]


def reminders_due() -> list[str]:
    """Announced windows that begin within a day, other than those whose announcement is not older itself."""
    soon = MaintenanceWindow.objects.upcoming().filter(starts_at__gt=now(), starts_at__lte=now() + REMIND_BEFORE)
    early = [window for window in soon if window.starts_at - window.announced_at > REMIND_BEFORE]
    return [f"windows/{window.pk}/reminder-{window.sequence}" for window in early]


def _things(subject: Incident | MaintenanceWindow) -> Iterator[Thing]:
    if isinstance(subject, Incident):
        for entry in (*telling.of_incident(subject), *telling.corrections(subject)):
            yield Thing(entry.key, "incidents", entry.at, entry.components, subject)
        return
    for entry in telling.of_window(subject):
        yield Thing(entry.key, "maintenance", entry.at, entry.components, subject)
    reminder = f"windows/{subject.pk}/reminder-{subject.sequence}"
    yield Thing(reminder, "reminders", subject.starts_at - REMIND_BEFORE, tuple(subject.components), subject)


def _change_of(key: str, slug: str, event_id: int) -> Thing | None:
    component = Component.objects.filter(slug=slug).first()
    with in_tenant(queries.operating_tenant()):
        event = Event.objects.filter(pk=event_id, name__in=CHANGES).first()
    if component is None or event is None:
        return None
    change = (str(event.data["old"]), str(event.data["new"]))
    return Thing(key, "components", component.changed_at, (slug,), component, change)


def _entries(thing: Thing) -> Iterator[Entry]:
    about = thing.about
    if isinstance(about, Incident):
        yield from telling.of_incident(about)
        yield from telling.corrections(about)
    elif isinstance(about, MaintenanceWindow):
        yield from telling.of_window(about)
        title = _("Reminder: %(title)s") % {"title": pick(about.title)[0]}
        yield Entry(thing.key, "reminder", thing.at, title, words.span(about), place_of(about))
    else:
        names = {"part": pick(about.name)[0], "before": _label(thing.change[0]), "after": _label(thing.change[1])}
        title = _("%(part)s: %(after)s") % names
        text = _("%(part)s was: %(before)s. Now: %(after)s.") % names
        yield Entry(thing.key, "changed", thing.at, title, text, "#components", "incidents", thing.components)


def _label(state: str) -> str:
    return str(Shown(state).label) if state in Shown.values else state
