"""The status pages, for everybody."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from tillit.availability import queries, vectors, words
from tillit.availability.models import Incident, MaintenanceWindow
from tillit.availability.queries import Interruption
from tillit.availability.zone import in_operators_time
from tillit.foundation.clock import now
from tillit.foundation.models import Tenant
from tillit.foundation.requests import Request


@login_not_required
@require_safe
@cache_control(public=True, max_age=30)
@in_operators_time
def status(request: Request) -> HttpResponse:
    """The state in one sentence, what is announced, the year ahead, the last ninety days.

    On a customer's host what concerns the customer; what is announced for others is told apart.
    """
    told = queries.current_status(request.tenant)
    everything = queries.windows_ahead()
    mine = [window for window in everything if queries.concerns(window, request.tenant)]
    announced = queries.merged((window for window in mine if window.announced_at), request.tenant)
    ahead = queries.merged(mine, request.tenant)
    past = queries.past_windows(tenant=request.tenant)
    called_off = queries.called_off(past)
    coming: list[Interruption | MaintenanceWindow] = [*(one for one in announced if not one.is_active), *called_off]
    others = [window for window in everything if window.announced_at and not queries.concerns(window, request.tenant)]
    context = {
        "status": told,
        "components": [(one, queries.shown_state(one, told.active)) for one in told.components],
        "active": queries.merged(told.active, request.tenant),
        "announced": sorted(coming, key=lambda one: one.starts_at),
        "others": queries.merged(others),
        "months": queries.by_month(found for found in ahead if not found.is_active),
        "routine": queries.routine_rules(request.tenant),
        "past_windows": [window for window in past if window not in called_off],
        "past_incidents": queries.past_incidents(tenant=request.tenant),
        "quiet": not request.tenant.is_operator,  # to a customer there is one wave and one region: its own
        "notice_hours": MaintenanceWindow.NOTICE // timedelta(hours=1),
        "at": now(),
        "zone": timezone.get_current_timezone_name(),
        "region": _region_of(request.tenant),
    }
    return render(request, "availability/status.html", context)


def _region_of(tenant: Tenant) -> str:
    """Its name in the reader's language; the operator lives in none that concerns anybody."""
    return "" if tenant.is_operator else words.region(tenant.region)


@login_not_required
@require_safe
@cache_control(public=True, max_age=30)
@in_operators_time
def year(request: Request) -> HttpResponse:
    """The windows of the next twelve months as a table; on a customer's host those that concern the customer."""
    context = {
        "interruptions": queries.merged(queries.windows_ahead(tenant=request.tenant), request.tenant),
        "routine": queries.routine_rules(request.tenant),
        "vectors": list(vectors.FILES),
        "zone": timezone.get_current_timezone_name(),
    }
    return render(request, "availability/year.html", context)


@login_not_required
@require_safe
@cache_control(public=True, max_age=30)
@in_operators_time
def incident(request: Request, pk: int) -> HttpResponse:
    """One incident for good: what it touched, who noticed it when, every word and what it replaced."""
    found = get_object_or_404(Incident.objects.told().select_related("window"), pk=pk)
    concerned = queries.concerns(found, request.tenant)
    context = {"incident": found, "concerned": concerned, "zone": timezone.get_current_timezone_name()}
    return render(request, "availability/incident_page.html", context)


@login_not_required
@require_safe
@cache_control(public=True, max_age=30)
@in_operators_time
def window(request: Request, pk: int) -> HttpResponse:
    """One announced window for good: what was promised of it, what was announced before, how far its notice reached."""
    found = get_object_or_404(
        MaintenanceWindow.objects.select_related("rule").prefetch_related("versions", "overruns"), pk=pk
    )
    context = {
        "window": found,
        "concerned": queries.concerns(found, request.tenant),
        "zone": timezone.get_current_timezone_name(),
    }
    return render(request, "availability/window_page.html", context)
