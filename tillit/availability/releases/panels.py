"""Fragments lent to lower pages: what is on its way, for everybody and for one customer."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.shortcuts import render

from tillit.availability.releases import queries
from tillit.foundation.requests import Request


@login_not_required
def on_status_page(request: Request) -> HttpResponse:
    """The release that is on its way, and whether it is held; else the last one. Nothing before the first."""
    found = queries.releases()[:1]
    if not found:
        return HttpResponse(status=204)
    return render(
        request, "releases/on_status_page.html", {"release": found[0], "hold": queries.current_hold(found[0])}
    )


def mine_in_short(request: Request) -> HttpResponse:
    """One's wave, the release one is on, and one's next turn."""
    if not request.actor.may("releases.see"):
        return HttpResponse(status=204)
    release = queries.open_release()
    stage = queries.release_of(request.tenant, release)
    return render(request, "releases/mine_in_short.html", {"next_release": release, "stage": stage})
