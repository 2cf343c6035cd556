"""One line for the status page."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.shortcuts import render

from tillit.availability.restarts import queries
from tillit.availability.zone import in_operators_time
from tillit.foundation.requests import Request


@login_not_required
@in_operators_time
def panel(request: Request) -> HttpResponse:
    return render(request, "restarts/panel.html", {"run": queries.last_night()})
