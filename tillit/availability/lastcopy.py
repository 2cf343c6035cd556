"""The last good copy of what is announced: one file of the data folder, read while the database does not answer.

The worker writes it every minute and after each change. It names no customer: a tenant's address is kept as a keyed
mark, with what decides which notices concern it and how they are written.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.crypto import salted_hmac
from django.utils.dateparse import parse_datetime

from tillit.availability import queries
from tillit.availability.models import Component, Incident, MaintenanceRule, MaintenanceWindow, WindowWork
from tillit.foundation import wholefile
from tillit.foundation.clock import now
from tillit.foundation.models import Tenant

FORMAT = 1
OF_WINDOWS = (
    "pk", "kind", "title", "starts_at", "ends_at", "wave", "region", "components", "reason", "reasons", "sequence",
    "announced_at", "effect", "least_seconds", "most_seconds",
)  # fmt: skip
OF_TENANTS = ("kind", "wave", "region", "language", "time_zone")
Json = dict[str, Any]


@dataclass(frozen=True)
class Trouble:
    """An open incident as a notice tells it: what was said last."""

    title: dict[str, str]
    status: str
    body: dict[str, str]
    at: datetime
    region: str = ""

    @property
    def stage(self) -> str:
        return str(Incident.Status(self.status).label)


@dataclass(frozen=True)
class Notices:
    """What people are told before they sign in: the state of the service, open incidents, announced windows."""

    at: datetime | None = None  # when this was so; None: nothing is known
    summary: str = "silent"
    troubles: list[Trouble] = field(default_factory=list)
    windows: list[MaintenanceWindow] = field(default_factory=list)
    tenants: dict[str, list[str]] = field(default_factory=dict)
    summaries: dict[str, str] = field(default_factory=dict)  # of each wave and region, as a customer there is told

    def concerning(self, tenant: Tenant) -> Notices:
        """Without what is over, and without what is none of this tenant's business."""
        windows = [w for w in self.windows if not is_over(w) and queries.concerns(w, tenant)]
        troubles = [t for t in self.troubles if tenant.is_operator or t.region in ("", tenant.region)]
        everybodys = self.summary
        summary = everybodys if tenant.is_operator else self.summaries.get(_where(tenant), everybodys)
        return replace(self, summary=summary, windows=windows, troubles=troubles, tenants={}, summaries={})

    def tenant(self, slug: str) -> Tenant:
        """Who lives at this address (none: the operator), as far as the copy knows; else one of no wave or region."""
        known = self.tenants.get(_mark(slug))
        if known is None:
            return Tenant(slug=slug, wave="", region="", time_zone="UTC")
        return Tenant(slug=slug, **dict(zip(OF_TENANTS, known, strict=True)))


def standing_windows() -> QuerySet[MaintenanceWindow]:
    """Announced and not over, and those whose work has not ended though their time has; the earliest first.

    Work that never reports its end holds nobody up for good: whoever resolves the overrun's incident ends it.
    """
    at_work = Exists(WindowWork.objects.running().filter(window=OuterRef("pk")))
    settled = Exists(Incident.objects.exclude(resolved_at=None).filter(window=OuterRef("pk")))
    standing = MaintenanceWindow.objects.standing().filter(completed_at=None).annotate(at_work=at_work & ~settled)
    ahead = standing.filter(Q(ends_at__gt=now()) | Q(at_work=True))
    return ahead.select_related("rule").order_by("starts_at", "id")


def announced_windows() -> list[MaintenanceWindow]:
    """Those of the next days."""
    return list(standing_windows().filter(starts_at__lt=now() + timedelta(days=queries.NOTICE_DAYS)))


def is_over(window: MaintenanceWindow) -> bool:
    """Whether its time has passed, and no work is still going on in it."""
    return window.ends_at <= now() and not getattr(window, "at_work", False)


def place() -> Path:
    return Path(settings.DATA) / "notices.json"


def collect(tenant: Tenant) -> Notices:
    """What is so now, by the database, and concerns this tenant."""
    status = queries.current_status(tenant)
    told = Notices(now(), status.summary, list(_troubles(status.incidents)), announced_windows())
    return told.concerning(tenant)


def write() -> None:
    """Replace the copy by what is so now, in one step; nobody but this installation's processes may read it."""
    status, windows = queries.current_status(), announced_windows()
    everybody = Tenant.objects.exclude(state=Tenant.State.DELETED).values_list("slug", *OF_TENANTS)
    tenants = {_mark("" if kind == Tenant.Kind.OPERATOR else slug): [kind, *more] for slug, kind, *more in everybody}
    content = {
        "format": FORMAT,
        "at": now(),
        "summary": status.summary,
        "summaries": {_where(one): status.concerning(one).summary for one in _audiences(tenants)},
        "troubles": [vars(trouble) for trouble in _troubles(status.incidents)],
        "windows": [_as_json(window) for window in windows],
        "tenants": tenants,
        "parts": {part.slug: part.name for part in Component.objects.in_service()},
    }
    wholefile.replace(place(), json.dumps(content, cls=DjangoJSONEncoder).encode())


def load() -> Notices:
    """The last good copy; an empty one where there is none, or none that this release can read."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        content = json.loads(place().read_text())
        if content["format"] == FORMAT:
            return _loaded(content)
    return Notices()


def _loaded(content: Json) -> Notices:
    troubles = [Trouble(**one | {"at": parse_datetime(one["at"])}) for one in content["troubles"]]
    parts = content.get("parts", {})  # a release before wrote no names
    windows = [_window(one, parts) for one in content["windows"]]
    tenants, summaries = content["tenants"], content.get("summaries", {})  # a release before wrote no summaries
    return Notices(parse_datetime(content["at"]), content["summary"], troubles, windows, tenants, summaries)


def _troubles(incidents: Iterable[Incident]) -> Iterable[Trouble]:
    for incident in incidents:
        said = next(iter(incident.updates.all()), None)
        body, at = (said.body, said.at) if said else ({}, incident.started_at)
        yield Trouble(incident.title, incident.status, body, at, incident.region)


def _as_json(window: MaintenanceWindow) -> Json:
    told = {name: getattr(window, name) for name in OF_WINDOWS}
    return told | {"waves": window.rule.waves if window.rule else [], "at_work": getattr(window, "at_work", False)}


def _window(told: Json, parts: Json) -> MaintenanceWindow:
    """As it was read from the database, with as much of its rule, and of the parts, as its words need."""
    waves, at_work = told.pop("waves"), told.pop("at_work")
    moments = {name: parse_datetime(told[name]) for name in ("starts_at", "ends_at", "announced_at")}
    window = MaintenanceWindow(**told | moments, rule=MaintenanceRule(waves=waves))
    vars(window).update(at_work=at_work, part_names=parts)
    return window


def _audiences(tenants: dict[str, list[str]]) -> list[Tenant]:
    """One of each wave and region that has customers, and one of none, as a stranger is taken for."""
    places = {("", ""), *((wave, region) for _kind, wave, region, *_more in tenants.values())}
    return [Tenant(wave=wave, region=region) for wave, region in sorted(places)]


def _where(tenant: Tenant) -> str:
    return f"{tenant.wave}/{tenant.region}"


def _mark(slug: str) -> str:
    return salted_hmac("tillit.availability.lastcopy", slug).hexdigest()[:20]
