"""The trust centre: for everybody, on every host, without sign-in or cookie."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from tillit.foundation.requests import Request
from tillit.trust import history, queries
from tillit.trust.publishing import public_page


@public_page
def page(request: Request) -> HttpResponse:
    found = queries.trust_page()
    return render(request, "trust/page.html", _framed(request, operator=found.operator, page=found))


@public_page
def processor(request: Request, slug: str) -> HttpResponse:
    """Every version of one row of the transparency list, also of one that ended."""
    versions = history.versions_of("processors", slug)
    if not versions:
        raise Http404
    name = history.title_of("processors", versions[0].row)
    context = {"operator": queries.operator(), "versions": versions, "name": name}
    return render(request, "trust/processor.html", _framed(request, **context))


@public_page
def part(request: Request, name: str) -> HttpResponse:
    """`/trust/processors/` is a part of the one page."""
    asked = f"?{request.GET.urlencode()}" if request.GET else ""
    return HttpResponseRedirect(f"{reverse('trust:page')}{asked}#{name}")


def _framed(request: Request, **context: Any) -> dict[str, Any]:
    """With what the frame needs; a language asked for in the address is kept on the way."""
    held = context["operator"]
    return context | {
        "operator_name": held.name if held else "",
        "example_data": bool(held and held.example_data),
        "order": held.languages if held else [],
        "asked": f"?lang={request.LANGUAGE_CODE}" if "lang" in request.GET else "",
    }
