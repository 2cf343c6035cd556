"""Searching companies and persons at once, and suggesting companies to a form."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

from tillit.crm.highlight import plain
from tillit.crm.lists import COMPANIES, PERSONS, ListOf
from tillit.crm.models import Company
from tillit.crm.paging import Row
from tillit.crm.queries import names_of, quick_find
from tillit.crm.search import looked_for, still_typing
from tillit.crm.showing import name_of
from tillit.crm.views.kinds import THINGS
from tillit.foundation.access import require
from tillit.foundation.requests import Request
from tillit.foundation.web import is_fragment

SHOWN = 6  # of each kind in the suggestions
ON_PAGE = 20  # of each kind on the page


def search(request: Request) -> HttpResponse:
    """What is found in both lists; for htmx a short list of links."""
    require(request.actor, "crm.read")
    text = _asked(request)
    fragment = is_fragment(request)
    limit = SHOWN if fragment else ON_PAGE
    asked = "" if fragment and still_typing(text) else text
    groups = [_group(of, asked, limit) for of in (COMPANIES, PERSONS)] if asked else []
    context = {"q": asked, "groups": groups, "found": any(group["rows"] for group in groups)}
    response = render(request, "crm/search.html#results" if fragment else "crm/search.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def suggest(request: Request) -> HttpResponse:
    """Options for a field that names a company; alike ones are told apart by their place."""
    require(request.actor, "crm.read")
    text = _asked(request, "company")
    rows = quick_find(COMPANIES, text, limit=SHOWN) if text else []
    names = [row["name"] for row in rows]
    options = [
        row["name"] if names.count(row["name"]) == 1 else f"{row['name']}, {row['city']} #{row['id']}" for row in rows
    ]
    return render(request, "crm/suggest.html", {"options": options})


def _asked(request: Request, name: str = "q") -> str:
    return " ".join(request.GET.get(name, "").replace("\x00", " ").split())[:200]


def _group(of: ListOf, text: str, limit: int) -> dict[str, Any]:
    rows = quick_find(of, text, limit=limit + 1)
    words = [plain(word) for word in looked_for(text)]
    things = THINGS[of.kind.value]
    name = name_of(of, words)
    companies = names_of(Company, (row["company_id"] for row in rows if row.get("company_id")))
    return {
        "kind": things.kind,
        "more": len(rows) > limit,
        "url": things.url(),
        "rows": [
            {
                "url": things.url(
                    "",
                )
                + f"{row['id']}/",
                "name": name(row),
                "hint": _hint(row, companies),
            }
            for row in rows[:limit]
        ],
    }


def _hint(row: Row, companies: dict[int, str]) -> str:
    """What tells two of the same name apart."""
    place = " · ".join(filter(None, (companies.get(row.get("company_id") or 0, ""), row["city"])))
    return place or row["email"]
