"""A quiet line on every page of an administrator while a version waits for acceptance."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from tillit.foundation.requests import Request
from tillit.trust.agreements import queries
from tillit.trust.quiet import quiet


@quiet
def waiting(request: Request) -> HttpResponse:
    if not request.actor.user or not request.actor.may("agreements.accept"):
        return HttpResponse(status=204)
    found = queries.waiting(request.tenant)
    if not found:
        return HttpResponse(status=204)
    return render(request, "agreements/waiting.html", {"versions": found, "first": found[0]})
