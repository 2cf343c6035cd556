"""Maintenance and what was said about the service, to subscribe to: iCalendar, Atom, JSON Feed.

On the operator's host everything; on a customer's, what concerns the customer. Without sign-in and without a cookie.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from tillit.availability import calendars, queries, telling
from tillit.availability.api import problem
from tillit.availability.calendars import About
from tillit.availability.models import Component, MaintenanceWindow
from tillit.availability.serving import serve
from tillit.availability.zone import in_operators_time
from tillit.foundation.clock import now
from tillit.foundation.models import Tenant
from tillit.foundation.operating import operators_name
from tillit.foundation.requests import Request

View = Callable[[Request], HttpResponse]
FRESH = 300  # seconds
KINDS = ("planned", "emergency", "routine")
NEWS = ("incidents", "maintenance")
TOLD = ("planned", "emergency")  # unless asked otherwise: a restart every night would fill a calendar


def feed(kinds: tuple[str, ...]) -> Callable[[View], View]:
    """For everybody, to read only, in the operator's time; a question that cannot be answered is told so."""

    def of_view(view: View) -> View:
        @functools.wraps(view)
        def answered(request: Request) -> HttpResponse:
            mistake = _mistake(request, kinds)
            return problem(400, mistake) if mistake else in_operators_time(view)(request)

        return login_not_required(require_safe(answered))

    return of_view


@feed(KINDS)
def calendar(request: Request) -> HttpResponse:
    """`GET /status/maintenance.ics`: the windows of twelve months and of the last ninety days.

    `?lang=`, `?kind=` (several; without it all but `routine`), `?component=` (several), `?wave=`, `?region=`.
    """
    about = About(_name(request), _ahead(), _page(request))
    return serve(request, calendars.write(about, _windows(request)), "text/calendar; charset=utf-8", seconds=FRESH)


@feed(KINDS)
def plan(request: Request) -> HttpResponse:
    """`GET /status/maintenance.atom`: the windows of twelve months, the next one first. Questions as the calendar's."""
    coming = [one for one in _windows(request) if one.ends_at > now() and not one.cancelled_at]
    asked = ("kind", "component", "wave", "region")
    about = replace(_said(request, asked), name=_name(request), description=_ahead())
    body = telling.plan(about, sorted(coming, key=lambda one: one.starts_at))
    return serve(request, body, "application/atom+xml; charset=utf-8", seconds=FRESH)


@feed(NEWS)
def atom(request: Request) -> HttpResponse:
    """`GET /status/feed.atom`: announcements, moves, cancellations and incidents of ninety days.

    `?lang=`, `?kind=` and `?component=` (several of each; without them everything).
    """
    body = telling.atom(_said(request), telling.entries(request.tenant, _wanted(request)))
    return serve(request, body, "application/atom+xml; charset=utf-8", seconds=FRESH)


@feed(NEWS)
def rss(request: Request) -> HttpResponse:
    """`GET /status/history.rss`: the same as RSS 2.0, for readers made for Statuspage."""
    body = telling.rss(_said(request), telling.entries(request.tenant, _wanted(request)))
    return serve(request, body, "application/rss+xml; charset=utf-8", seconds=FRESH)


@feed(NEWS)
def json_feed(request: Request) -> HttpResponse:
    """`GET /status/feed.json`: the same as JSON Feed 1.1."""
    told = telling.json_feed(_said(request), telling.entries(request.tenant, _wanted(request)))
    body = json.dumps(told, ensure_ascii=False).encode()
    return serve(request, body, "application/feed+json; charset=utf-8", seconds=FRESH)


def _page(request: Request) -> str:
    return request.build_absolute_uri(f"{reverse('availability:status')}?lang={request.LANGUAGE_CODE}")


def _name(request: Request) -> str:
    return _("Maintenance: %(name)s") % {"name": request.tenant.name}


def _ahead() -> str:
    return _("Announced maintenance and what the maintenance plan foresees, twelve months ahead.")


def _windows(request: Request) -> list[MaintenanceWindow]:
    """What a calendar shows of what was asked for."""
    kinds = request.GET.getlist("kind") or list(TOLD)
    found = queries.calendar_windows(request.tenant, routine="routine" in kinds)
    return [one for one in found if calendars.kind_of(one) in kinds and _asked_for(request, one)]


def _said(request: Request, names: tuple[str, ...] = ("kind", "component")) -> telling.Said:
    """What a feed says of itself; its own address names the language it is in and what was asked for."""
    asked = [(name, value) for name in names for value in sorted(set(request.GET.getlist(name)))]
    return telling.Said(
        name=_("Service status: %(name)s") % {"name": request.tenant.name},
        description=_("Maintenance announced, moved and cancelled, and every word about incidents."),
        url=_page(request),
        author=operators_name(),
        feed_url=request.build_absolute_uri(f"{request.path}?{urlencode([('lang', request.LANGUAGE_CODE), *asked])}"),
    )


def _asked_for(request: Request, window: MaintenanceWindow) -> bool:
    waves, regions = request.GET.getlist("wave"), request.GET.getlist("region")
    if not _wanted(request).takes_parts(window.components):
        return False
    return (not waves or window.wave in ("", *waves)) and (not regions or window.region in ("", *regions))


def _wanted(request: Request) -> telling.Wanted:
    return telling.Wanted(frozenset(request.GET.getlist("kind")), frozenset(request.GET.getlist("component")))


def _mistake(request: Request, kinds: tuple[str, ...]) -> str:
    """What is wrong with the question, in a sentence."""
    known: dict[str, Callable[[], list[str]]] = {
        "lang": lambda: [code for code, _name in settings.LANGUAGES],
        "kind": lambda: list(kinds),
        "component": lambda: list(Component.objects.in_service().values_list("slug", flat=True)),
        "wave": lambda: list(Tenant.Wave.values),
        "region": lambda: sorted(queries.regions()),
    }
    for name in known.keys() & request.GET.keys():
        choices = known[name]()
        if set(request.GET.getlist(name)) - set(choices):
            return _("“%(name)s” may be: %(choices)s.") % {"name": name, "choices": ", ".join(choices)}
    return ""
