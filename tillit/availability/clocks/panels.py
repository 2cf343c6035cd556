"""At the incident desk: which deadlines run for the incident one looks at."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from tillit.availability.clocks import queries
from tillit.foundation.requests import Request


def desk(request: Request, incident: int) -> HttpResponse:
    if not request.actor.may("clocks.keep"):
        return HttpResponse(status=204)
    return render(request, "clocks/desk.html", {"clocks": queries.clocks(incident), "incident": incident})
