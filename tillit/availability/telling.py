"""What was said about the service, newest first: announcements, changes, cancellations, and every word on an incident.

Each entry is one thing said at one moment. Who reads feeds sees what came after as a new entry; only an entry about an
incident changes, when its words are corrected, and says when (`edited_at`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed, Rss201rev2Feed, SyndicationFeed
from django.utils.html import linebreaks
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from tillit.availability import changes, words
from tillit.availability.calendars import About, address, as_announced, clean, kind_of, place_of, uid_of
from tillit.availability.markdown import paragraphs, plain, render
from tillit.availability.models import Incident, IncidentUpdate, MaintenanceWindow, UpdateVersion
from tillit.foundation.clock import now
from tillit.foundation.models import Tenant
from tillit.foundation.texts import marked, pick

DAYS = 90
MOST = 100  # entries


@dataclass(frozen=True)
class Said(About):
    """What a feed says of itself."""

    author: str
    feed_url: str


@dataclass(frozen=True)
class Entry:
    """One thing said. `kind` is `announced`, `moved`, `cancelled`, `completed`, or an incident's status.

    `of`: `maintenance` or `incidents`. `place`: where it stands, for `calendars.address`.
    `components`: slugs of the parts it concerns; none: all of them.
    """

    key: str
    kind: str
    at: datetime
    title: str
    text: str
    place: str
    of: str = "maintenance"
    components: tuple[str, ...] = ()
    edited_at: datetime | None = None
    is_markdown: bool = False  # a post-mortem; everything else is plain words
    facts: tuple[str, ...] = ()  # of an incident, as it is now; in mails, which have no page around them

    @property
    def html(self) -> str:
        return render(self.text) if self.is_markdown else paragraphs(self.text)

    @property
    def plain(self) -> str:
        """For mails and whoever else shows no HTML."""
        return plain(self.text) if self.is_markdown else self.text

    @property
    def id(self) -> str:
        """RFC 4151, and the language: the same words in another one are another entry."""
        return f"tag:{settings.BASE_HOST.partition(':')[0]},{self.at:%Y-%m-%d}:{self.key}/{get_language() or 'en'}"


@dataclass(frozen=True)
class Wanted:
    """What of it a reader asked for: of which kinds, of which parts. Nothing named: everything."""

    kinds: frozenset[str] = frozenset()
    components: frozenset[str] = frozenset()

    def takes(self, entry: Entry) -> bool:
        return self.takes_kind(entry.of) and self.takes_parts(entry.components)

    def takes_kind(self, kind: str) -> bool:
        return not self.kinds or kind in self.kinds

    def takes_parts(self, parts: Iterable[str]) -> bool:
        """What names no part concerns them all."""
        said = set(parts)
        return not self.components or not said or bool(said & self.components)


def entries(tenant: Tenant, wanted: Wanted = Wanted()) -> list[Entry]:
    """What was said within ninety days that concerns this tenant; to the operator everything."""
    since = now() - timedelta(days=DAYS)
    windows = MaintenanceWindow.objects.concerning(tenant).filter(ends_at__gt=since).select_related("rule")
    incidents = Incident.objects.told().concerning(tenant).filter(changed_at__gt=since)
    said = [entry for window in windows.prefetch_related("versions") for entry in of_window(window)]
    said += [entry for incident in incidents for entry in of_incident(incident)]
    recent = [entry for entry in said if entry.at > since and wanted.takes(entry)]
    return sorted(recent, key=lambda entry: (entry.at, entry.key), reverse=True)[:MOST]


def atom(about: Said, said: list[Entry]) -> bytes:
    """RFC 4287."""
    return _written(Atom1Feed, about, said)


def rss(about: Said, said: list[Entry]) -> bytes:
    """RSS 2.0."""
    return _written(Rss201rev2Feed, about, said)


def plan(about: Said, windows: Iterable[MaintenanceWindow]) -> bytes:
    """RFC 4287: an entry for each window to come, in their order. It keeps the name it has in calendars, announced or
    only foreseen, and is `updated` whenever it is said otherwise."""
    feed = _feed(Atom1Feed, about)
    for window in windows:
        uid, _at, host = uid_of(window).rpartition("@")
        said = marked(window.title)
        feed.add_item(
            title=clean(said if window.announced_at else _("Foreseen: %(title)s") % {"title": said}),
            link=address(about.url, place_of(window)),
            description=linebreaks(f"{words.span(window)}\n{as_announced(window)}", autoescape=True),
            unique_id=f"tag:{host.partition(':')[0]},2026:{uid}/{get_language() or 'en'}",  # RFC 4151
            updateddate=window.changed_at, categories=[kind_of(window)],
        )  # fmt: skip
    return str(feed.writeString("utf-8")).encode()


def _written(kind: type[SyndicationFeed], about: Said, said: list[Entry]) -> bytes:
    feed = _feed(kind, about)
    for entry in said:
        feed.add_item(
            title=entry.title, link=address(about.url, entry.place), description=entry.html,
            unique_id=entry.id, pubdate=entry.at, updateddate=entry.edited_at or entry.at, categories=[entry.kind],
        )  # fmt: skip
    return str(feed.writeString("utf-8")).encode()


def _feed(kind: type[SyndicationFeed], about: Said) -> SyndicationFeed:
    language = get_language() or "en"
    return kind(
        title=clean(about.name), link=about.url, description=about.description, language=language,
        author_name=clean(about.author), author_link=about.url, feed_url=about.feed_url, feed_guid=about.feed_url,
    )  # fmt: skip


def json_feed(about: Said, said: list[Entry]) -> dict[str, Any]:
    """JSON Feed 1.1."""
    return {
        "version": "https://jsonfeed.org/version/1.1",
        "title": clean(about.name),
        "description": about.description,
        "home_page_url": about.url,
        "feed_url": about.feed_url,
        "language": get_language() or "en",
        "authors": [{"name": clean(about.author), "url": about.url}],
        "items": [
            {
                "id": entry.id,
                "url": address(about.url, entry.place),
                "title": entry.title,
                **({"content_html": entry.html} if entry.is_markdown else {"content_text": entry.text}),
                "date_published": entry.at.isoformat(timespec="seconds"),
                "date_modified": (entry.edited_at or entry.at).isoformat(timespec="seconds"),
                "tags": [entry.kind],
            }
            for entry in said
        ],
    }


def of_window(window: MaintenanceWindow) -> Iterator[Entry]:
    """Its announcement, every change, its early end: each in the words, and with the title and parts, of then."""
    key, place = f"windows/{window.pk}", place_of(window)
    steps = changes.of(window)
    first = steps[0].before if steps else window
    text = f"{words.span(first)}\n{as_announced(first)}"
    said = [("announced", first.announced_at, _("Announced: %(title)s"), text, first, tuple(first.components))]
    for step in steps:
        kind, heading = ("moved", _("Moved: %(title)s"))
        if step.version.said:
            kind, heading = ("revised", _("Said otherwise: %(title)s"))
        text = "\n".join(step.lines if step.is_moved else [words.span(step.after), *step.lines])
        said.append((kind, step.version.replaced_at, heading, text, step.after, step.parts))
    parts = tuple(window.components)
    if window.cancelled_at:
        text = f"{words.span(window)}\n{window.cancelled_because}".strip()
        said.append(("cancelled", window.cancelled_at, _("Cancelled: %(title)s"), text, window, parts))
    elif window.completed_at:
        heading = _("Completed: %(title)s")
        said.append(("completed", window.completed_at, heading, words.span(window), window, parts))
    for number, (kind, at, heading, text, then, touched) in enumerate(said):
        told_as = clean(heading % {"title": marked(then.title)})
        yield Entry(f"{key}/{number}-{kind}", kind, at, told_as, clean(text), place, components=touched)


def of_incident(incident: Incident) -> Iterator[Entry]:
    """Every word on it, as it stands now."""
    parts = tuple(component.slug for component in incident.components.all())
    for update in incident.updates.all():
        title = clean(f"{update.get_status_display()}: {marked(incident.title)}")
        key, place = f"incidents/{incident.pk}/{update.pk}", reverse("availability:incident_page", args=[incident.pk])
        looks_back = update.status == Incident.Status.POSTMORTEM
        text = clean(marked(update.body))
        yield Entry(key, update.status, update.at, title, text, place, "incidents", parts, update.edited_at, looks_back)


def facts_of(incident: Incident) -> tuple[str, ...]:
    """What a page says around the words, a line each, in the time zone that is active."""
    lines = [f"{_('Impact:')} {incident.get_impact_display()}", f"{_('Began')}: {words.moment(incident.started_at)}"]
    if parts := ", ".join(pick(part.name)[0] for part in incident.components.all()):
        lines.insert(0, f"{_('Touches:')} {parts}")
    if incident.region:
        lines.append(_("Region: %(region)s.") % {"region": words.region(incident.region)})
    if incident.resolved_at:
        lines.append(f"{_('Over since')}: {words.moment(incident.resolved_at)}")
    elif incident.next_update_at:
        lines.append(_("We write again by %(at)s.") % {"at": words.moment(incident.next_update_at)})
    return tuple(clean(line) for line in lines)


def corrections(incident: Incident) -> Iterator[Entry]:
    """Every time its words were put differently: what it says since, and what it said before.

    For those who are told each thing once; in a feed the entry itself changes.
    """
    for update, said in zip(incident.updates.all(), of_incident(incident), strict=True):
        versions: list[UpdateVersion] = list(update.versions.all()) if update.edited_at else []
        following: list[UpdateVersion | IncidentUpdate] = [*versions[1:], update]
        for version, after in zip(versions, following, strict=False):  # without versions nothing follows
            key, title = f"{said.key}/corrected-{version.sequence + 1}", _("Correction: %(title)s")
            before = f"{_('Before it said:')}\n{clean(marked(version.body))}"
            yield replace(
                said, key=key, kind="corrected", at=version.replaced_at, title=title % {"title": said.title},
                text=f"{clean(marked(after.body))}\n\n{before}",
            )  # fmt: skip
