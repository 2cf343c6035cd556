"""The few pages that belong to the whole house: the way in from `/`, the palette, the style guide."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path

from tillit.foundation.access import require
from tillit.foundation.requests import Request
from tillit.foundation.web import is_fragment, menu_entries


def home(request: Request) -> HttpResponse:
    """To the first place in the navigation this person has."""
    entries = menu_entries(request.actor)
    return redirect(entries[0].url_name) if entries else redirect("/trust/")


def palette(request: Request) -> HttpResponse:
    """Commands by name; the dialog of the shell loads the fragment, without script it is a page."""
    asked = request.GET.get("q", "").strip().casefold()
    entries = [entry for entry in menu_entries(request.actor) if asked in str(entry.label).casefold()]
    page = "foundation/palette.html"
    template = f"{page}#results" if is_fragment(request) else page
    return render(request, template, {"entries": entries, "q": request.GET.get("q", "")})


def styleguide(request: Request) -> HttpResponse:
    require(request.actor, "tenants.operate")
    return render(request, "foundation/styleguide.html")


urlpatterns = [
    path("", home, name="home"),
    path("palette/", palette, name="palette"),
    path("styleguide/", styleguide, name="styleguide"),
]
