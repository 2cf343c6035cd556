"""Our nouns in the words of Atlassian Statuspage's public API v2.

Three deliberate choices: what nobody knows is told as the mildest state that is not green, with `tillit_state` beside
it; ids carry a letter, because incidents and maintenances share one id space there; and the description of the whole
page keeps that API's own English sentences, because readers compare them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import Max
from django.utils.translation import gettext as _

from tillit.availability import changes, queries, words
from tillit.availability.models import Component, Incident, IncidentUpdate, MaintenanceWindow
from tillit.availability.models.incidents import IncidentQuerySet
from tillit.availability.models.windows import MaintenanceWindowQuerySet
from tillit.foundation.clock import now
from tillit.foundation.models import Tenant
from tillit.foundation.operating import operators_name
from tillit.foundation.texts import pick

Json = dict[str, Any]

SAID = ("announced", "revised", "cancelled", "completed")  # of a window
# That API has no word for what nobody knows. The mildest that is not green: who watches for green must not see it.
STATUSES = {"unknown": "degraded_performance"}
INDICATORS = {"unknown": "minor"}
DESCRIPTIONS = {
    "silent": "Nothing is said about this service yet.",  # of which that API knows nothing
    "unknown": "Not Measured",  # nor of this
    "none": "All Systems Operational",
    "maintenance": "Service Under Maintenance",
    "minor": "Partially Degraded Service",
    "major": "Partial System Outage",
    "critical": "Major System Outage",
}


def moment(value: datetime) -> str:
    """`2026-11-22T09:00:00.000Z`"""
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _moment(value: datetime | None) -> str | None:
    return moment(value) if value else None


@dataclass(frozen=True)
class Page:
    """The status page of the operator, at one moment, as it concerns `reader`: the operator, or a customer."""

    operator: Tenant
    reader: Tenant
    name: str  # of the operator, as the public knows it
    status: queries.Status
    url: str

    @classmethod
    def now(cls, url: str, reader: Tenant | None = None) -> Page:
        """Without a reader: the operator's, which tells all."""
        operator = queries.operating_tenant()
        reader = reader or operator
        return cls(operator, reader, operators_name(), queries.current_status(reader), url)

    def incidents(self) -> IncidentQuerySet:
        return Incident.objects.concerning(self.reader)

    def windows(self) -> MaintenanceWindowQuerySet:
        return MaintenanceWindow.objects.concerning(self.reader)

    @property
    def id(self) -> str:
        return f"p{self.operator.pk}"

    @property
    def indicator(self) -> str:
        return INDICATORS.get(self.status.indicator, self.status.indicator)

    @property
    def description(self) -> str:
        return DESCRIPTIONS[self.status.summary]

    def as_json(self) -> Json:
        return {
            "id": self.id,
            "name": self.name,
            "url": self.url,
            "time_zone": self.operator.time_zone,
            "updated_at": moment(self._updated_at()),
        }

    def component(self, component: Component) -> Json:
        return {
            "id": f"c{component.pk}",
            "name": pick(component.name)[0],
            "status": STATUSES.get(shown := queries.shown_state(component, self.status.active), shown),
            "tillit_state": shown,
            "created_at": moment(component.created_at),
            "updated_at": moment(component.changed_at),
            "position": component.position + 1,
            "description": pick(component.text)[0] or None,
            "showcase": True,
            "start_date": component.created_at.date().isoformat(),
            "group_id": None,
            "page_id": self.id,
            "group": False,
            "only_show_if_degraded": False,
        }

    def incident(self, incident: Incident) -> Json:
        parts = {component.slug: component for component in incident.components.all()}
        return {
            "id": f"i{incident.pk}",
            "name": pick(incident.title)[0],
            "status": incident.status,
            "created_at": moment(incident.started_at),
            "updated_at": moment(incident.changed_at),
            "monitoring_at": _moment(incident.monitoring_at),
            "resolved_at": _moment(incident.resolved_at),
            "impact": incident.impact,
            "shortlink": f"{self.url}incidents/{incident.pk}/",
            "started_at": moment(incident.started_at),
            "page_id": self.id,
            "incident_updates": [self._update(update, parts) for update in incident.updates.all()],
            "components": [self.component(component) for component in parts.values()],
            "reminder_intervals": None,
            **_looked_back(incident),
        }

    def maintenance(self, window: MaintenanceWindow) -> Json:
        told = list(_life(window))[::-1]
        return {
            "id": f"m{window.pk}",
            "name": pick(window.title)[0],
            "status": _phase(window),
            "created_at": told[-1]["created_at"],
            "updated_at": told[0]["updated_at"],
            "monitoring_at": None,
            "resolved_at": _moment(_end(window)),
            "impact": "maintenance",
            "shortlink": f"{self.url}maintenance/{window.pk}/",
            "started_at": moment(window.starts_at),
            "page_id": self.id,
            "incident_updates": told,
            "components": [self.component(part) for part in self._parts_of(window)],
            "reminder_intervals": None,
            "scheduled_for": moment(window.starts_at),
            "scheduled_until": moment(window.ends_at),
        }

    def _parts_of(self, window: MaintenanceWindow) -> list[Component]:
        """Those it names; all of them where it names none, but of work for some customers only those it names."""
        named = [part for part in self.status.components if part.slug in window.components]
        return named or ([] if window.components or not window.concerns_everybody else self.status.components)

    def _update(self, update: IncidentUpdate, parts: dict[str, Component]) -> Json:
        affected = [
            {
                "code": f"c{part.pk}",
                "name": pick(part.name)[0],
                "old_status": change["old_state"],
                "new_status": change["new_state"],
            }
            for change in update.affected
            if (part := parts.get(change["slug"]))
        ]
        key, of = f"u{update.pk}", f"i{update.incident_id}"
        said = _said(key, of, update.status, pick(update.body)[0], update.at)
        edited = {"updated_at": moment(update.edited_at)} if update.edited_at else {}
        return said | edited | {"affected_components": affected}

    def _updated_at(self) -> datetime:
        windows = self.windows().aggregate(*(Max(f"{name}_at") for name in SAID))
        incidents = self.incidents().aggregate(Max("changed_at"))
        moments = [*windows.values(), *incidents.values(), *(one.changed_at for one in self.status.components)]
        return max((known for known in moments if known), default=self.operator.created_at)


def _looked_back(incident: Incident) -> Json:
    """The newest words with which it was looked back at, and since when anybody can read them."""
    said = next((update for update in incident.updates.all() if update.status == Incident.Status.POSTMORTEM), None)
    return {
        "postmortem_body": pick(said.body)[0] if said else None,
        "postmortem_body_last_updated_at": _moment(said.edited_at or said.at) if said else None,
        "postmortem_published_at": _moment(said.at) if said else None,
    }


def _phase(window: MaintenanceWindow) -> str:
    """Statuspage knows no cancelled maintenance: it is completed, and its last update says why."""
    return "completed" if window.phase == window.Phase.CANCELLED else window.phase.value


def _end(window: MaintenanceWindow) -> datetime | None:
    """When it ended, if it has."""
    ended = window.cancelled_at or window.completed_at
    return ended or (window.ends_at if window.ends_at <= now() else None)


def _life(window: MaintenanceWindow) -> Iterator[Json]:
    """What a window's life says by itself: announced; every change; begun and completed, or cancelled."""
    key = f"m{window.pk}"
    steps = changes.of(window) if window.moved_at or window.revised_at else []
    first = steps[0].before if steps else window
    expected = ". ".join(part for part in (words.audience(first), words.expected(first)) if part)
    yield _said(f"{key}-1", key, "scheduled", pick(first.why)[0] or expected, first.announced_at)
    for number, step in enumerate(steps, 1):
        yield _said(f"{key}-1-{number}", key, "scheduled", "\n".join(step.lines), step.version.replaced_at)
    if window.cancelled_at:
        body = f"{_('Cancelled.')} {window.cancelled_because}".strip()
        yield _said(f"{key}-2", key, "completed", body, window.cancelled_at)
    elif window.starts_at <= now():
        yield _said(f"{key}-2", key, "in_progress", _("The work has begun."), window.starts_at)
        if end := _end(window):
            yield _said(f"{key}-3", key, "completed", _("The work is done."), end)


def _said(key: str, of: str, status: str, body: str, at: datetime) -> Json:
    return {
        "id": key,
        "status": status,
        "body": body,
        "incident_id": of,
        "created_at": moment(at),
        "updated_at": moment(at),
        "display_at": moment(at),
        "affected_components": None,
        "deliver_notifications": False,
        "custom_tweet": None,
        "tweet_id": None,
    }
