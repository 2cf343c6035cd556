"""The restarts of the last ninety days, for everybody."""

from __future__ import annotations

import json

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from tillit.availability.restarts import queries
from tillit.availability.restarts.models import NIGHTS, RestartRun
from tillit.availability.restarts.publishing import as_json
from tillit.availability.serving import serve
from tillit.availability.zone import in_operators_time
from tillit.foundation.requests import Request


@login_not_required
@require_safe
@cache_control(public=True, max_age=30)
@in_operators_time
def restarts(request: Request) -> HttpResponse:
    """What people would have noticed of every restart: a drawing of the nights, and a table of all."""
    runs = queries.recent_runs()
    context = {
        "runs": runs,
        "bars": queries.bars(runs),
        "width": NIGHTS * queries.WIDTH,
        "height": queries.HEIGHT,
        "a_second": queries.HEIGHT - queries.height_of(1000),
        "zone": timezone.get_current_timezone_name(),
    }
    return render(request, "restarts/restarts.html", context)


@login_not_required
@require_safe
def as_document(request: HttpRequest) -> HttpResponse:
    """`GET /status/restarts.json`."""
    told = {"days": NIGHTS, "restarts": [as_json(run) for run in RestartRun.objects.recent()]}
    body = json.dumps(told, ensure_ascii=False, indent=1).encode()
    return serve(request, body, "application/json", seconds=60)
