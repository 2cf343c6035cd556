"""JSON for other programs, without sign-in: the state of a tenant, the maintenance plan, and the status page in the
shape of Atlassian Statuspage's public API v2, so that readers made for that one work here unchanged."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from http.client import responses
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from tillit.availability import effects, noticed, queries, statuspage, vectors
from tillit.availability.models import Component, MaintenanceWindow
from tillit.availability.publishing import as_json, next_as_json
from tillit.availability.serving import serve
from tillit.foundation.clock import now
from tillit.foundation.models import Tenant
from tillit.foundation.requests import Request

Json = dict[str, Any]
FRESH = timedelta(seconds=30)  # how long a cache may keep what says nothing else


@login_not_required
@require_safe
def tenant_state(request: HttpRequest, slug: str) -> HttpResponse:
    """`GET /api/state/<tenant>`: is it running, what is proven of the service, on which release, and what comes next.

    `is_running` is what was decided of the tenant; `service` and `components` are what the status page shows.
    """
    tenant = Tenant.objects.filter(slug=slug).exclude(state=Tenant.State.DELETED).first()
    if tenant is None:
        return problem(404, _("No tenant has this address."))
    found = queries.current_status(tenant)
    window = next(iter([*found.active, *found.upcoming]), None)
    valid_until = _valid_until(now(), window, found.components)
    told: Json = {
        "tenant": tenant.slug,
        "state": tenant.state,
        "is_running": tenant.is_open() and not effects.is_offline(tenant),
        "service": found.indicator,
        "components": {one.slug: queries.shown_state(one, found.active) for one in found.components},
        "version": settings.RELEASE,
        "wave": tenant.wave,
        "region": tenant.region,
        "next_window": next_as_json(window) if window else None,
        "valid_until": statuspage.moment(valid_until),
    }
    return answer(request, told, valid_until=valid_until)


@login_not_required
@require_safe
def maintenance(request: Request) -> HttpResponse:
    """`GET /trust/maintenance.json`: the plan as in the register, windows of twelve months and of 90 days back; on a
    customer's host those that concern the customer.

    `notice` of an announced window: when it was read back from each place, and whom it reached once it began.
    """
    told: Json = {
        "notice_hours": MaintenanceWindow.NOTICE // timedelta(hours=1),
        "rules": [_as_json(rule) for rule in queries.export_rules(request.tenant)],
        "windows": _with_notice(queries.windows_ahead(tenant=request.tenant)),
        "past": _with_notice(queries.past_windows(tenant=request.tenant)),
    }
    return answer(request, told)


@login_not_required
@require_safe
def vector(request: HttpRequest, name: str) -> HttpResponse:
    """`GET /status/vectors/<name>.json`: every window of a line of the example plan, 2026 to 2030."""
    if name not in vectors.FILES:
        return problem(404, _("There are vectors by these names: %(names)s.") % {"names": ", ".join(vectors.FILES)})
    return serve(request, vectors.FILES[name].read_bytes(), "application/json", seconds=3600)


Part = Callable[[statuspage.Page], Json]


def statuspage_view(part: Part) -> Callable[[Request], HttpResponse]:
    """A view of one document of the API; every one starts with the page it is about.

    On a customer's host all of them tell what concerns the customer, as `/status/` does there.
    """

    @login_not_required
    @require_safe
    def view(request: Request) -> HttpResponse:
        page = statuspage.Page.now(_status_url(request), request.tenant)
        return answer(request, {"page": page.as_json()} | part(page))

    return view


def summary(page: statuspage.Page) -> Json:
    unresolved = [page.incident(incident) for incident in page.status.incidents]
    scheduled = [page.maintenance(window) for window in [*page.status.active, *page.status.upcoming]]
    return components(page) | {"incidents": unresolved, "scheduled_maintenances": scheduled} | status(page)


def status(page: statuspage.Page) -> Json:
    return {"status": {"indicator": page.indicator, "description": page.description}}


def components(page: statuspage.Page) -> Json:
    return {"components": [page.component(component) for component in page.status.components]}


@login_not_required
@require_safe
def component(request: Request, key: int) -> HttpResponse:
    """`GET …/components/c<number>.json`: one part."""

    def told(page: statuspage.Page) -> Json:
        found = next((part for part in page.status.components if part.pk == key), None)
        return {"component": page.component(found) if found else None}

    return _one(request, told, "component")


@login_not_required
@require_safe
def incident(request: Request, key: int) -> HttpResponse:
    """`GET …/incidents/i<number>.json`: one incident, with everything that was said about it."""

    def told(page: statuspage.Page) -> Json:
        found = page.incidents().told().filter(pk=key).first()
        return {"incident": page.incident(found) if found else None}

    return _one(request, told, "incident")


def _one(request: Request, part: Part, noun: str) -> HttpResponse:
    page = statuspage.Page.now(_status_url(request), request.tenant)
    told = part(page)
    if told[noun] is None:
        return problem(404, _("There is nothing at this address."))
    return answer(request, {"page": page.as_json()} | told)


def _status_url(request: HttpRequest) -> str:
    return f"{request.scheme}://{settings.BASE_HOST}/status/"


def incidents(page: statuspage.Page) -> Json:
    """The fifty newest."""
    return {"incidents": [page.incident(found) for found in page.incidents().told().order_by("-started_at")[:50]]}


def unresolved_incidents(page: statuspage.Page) -> Json:
    return {"incidents": [page.incident(incident) for incident in page.status.incidents]}


def scheduled_maintenances(page: statuspage.Page) -> Json:
    """The fifty that start last, cancelled and completed ones included."""
    newest = page.windows().select_related("rule").prefetch_related("versions").order_by("-starts_at", "-id")[:50]
    return {"scheduled_maintenances": [page.maintenance(window) for window in newest]}


def upcoming_maintenances(page: statuspage.Page) -> Json:
    return {"scheduled_maintenances": [page.maintenance(window) for window in page.status.upcoming]}


def active_maintenances(page: statuspage.Page) -> Json:
    return {"scheduled_maintenances": [page.maintenance(window) for window in page.status.active]}


def answer(request: HttpRequest, told: Json, *, valid_until: datetime | None = None) -> HttpResponse:
    """JSON that any page may read and any cache may keep until it is out of date; 304 for who has it already."""
    fresh = max(timedelta(), valid_until - now()) if valid_until else FRESH
    body = json.dumps(told, ensure_ascii=False).encode()
    return serve(request, body, "application/json", seconds=int(fresh.total_seconds()))


def problem(code: int, detail: str, kind: str = "about:blank") -> HttpResponse:
    """RFC 9457; `kind`: a URI that programs know this problem by, where its status does not say it all."""
    told = {"type": kind, "title": responses[code], "status": code, "detail": detail}
    response = HttpResponse(json.dumps(told, ensure_ascii=False), status=code, content_type="application/problem+json")
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def _with_notice(windows: list[MaintenanceWindow]) -> list[Json]:
    notices = noticed.as_json(windows)
    return [as_json(window) | {"notice": notices.get(window.pk)} for window in windows]


def _valid_until(at: datetime, window: MaintenanceWindow | None, components: list[Component]) -> datetime:
    """The end of the next whole minute, so that answers of one minute are the same; never beyond the next change: the
    window's, or that a part is proven no more."""
    end = at.replace(second=0, microsecond=0) + timedelta(minutes=2)
    changes = [window.starts_at, window.ends_at] if window else []
    changes += [one.proven_until for one in components if one.proven_until]
    return min([end, *(moment for moment in changes if moment > at)])


def _as_json(entry: Json) -> Json:
    """Dates and times of the register as RFC 3339 writes them."""

    def written(value: Any) -> Any:
        if isinstance(value, list):
            return [written(one) for one in value]
        return value.isoformat() if isinstance(value, date | time) else value

    return {key: written(value) for key, value in entry.items()}
