"""The lists: search, sort, filters, columns."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tillit.crm.actions import choose_columns
from tillit.crm.forms import ColumnsForm
from tillit.crm.highlight import plain
from tillit.crm.lists import Column, Criteria, number_in
from tillit.crm.models import Company, Selection
from tillit.crm.paging import Page
from tillit.crm.queries import (
    COUNTED,
    chosen_columns,
    count_up_to,
    names_of,
    newest_selections,
    occurring,
    page_of,
    similar_to,
)
from tillit.crm.search import looked_for, still_typing
from tillit.crm.showing import shown_rows
from tillit.crm.views.kinds import THINGS, Things
from tillit.foundation.access import require
from tillit.foundation.formats import country_name, local_number
from tillit.foundation.requests import Request
from tillit.foundation.web import is_fragment


def records(request: Request, kind: str) -> HttpResponse:
    """One page of a list; for htmx its table only."""
    require(request.actor, "crm.read")
    things = THINGS[kind]
    criteria = Criteria.read(things.of, request.GET)
    fragment = is_fragment(request)
    if fragment and still_typing(criteria.q):
        return HttpResponse(status=204)
    columns = chosen_columns(request.actor, things.of)
    needs = ["archived_at", *(need for column in columns for need in column.needs)]
    page = page_of(criteria, needs)
    near = similar_to(criteria, needs, page.rows)
    words = [plain(word) for word in looked_for(criteria.q)]
    here = f"{things.url()}{criteria.query()}"
    context = {
        "things": things,
        "criteria": criteria,
        "heads": [_head(things, criteria, column) for column in columns],
        "rows": shown_rows(things.of, columns, page.rows, words),
        "similar": shown_rows(things.of, columns, near, []),
        "chips": _chips(things, criteria),
        "kept": [(name, value) for name, value in {"sort": criteria.sort, **criteria.filters}.items() if value],
        "next": _beside(things, criteria, "after", page.next),
        "previous": _beside(things, criteria, "before", page.previous),
        "note": _note(things, criteria, page, counted=request.GET.get("count") == "1"),
        "list_url": things.url(),
        "here": here,
    }
    response = render(request, "crm/list.html#list" if fragment else "crm/list.html", context)
    if fragment:
        shown = request.htmx.current_url or ""
        response.headers["HX-Replace-Url" if "q=" in shown else "HX-Push-Url"] = here
    patch_vary_headers(response, ["HX-Request"])
    return response


def filters(request: Request, kind: str) -> HttpResponse:
    """Choose filters: a page of its own, or opened above the table."""
    require(request.actor, "crm.read")
    things = THINGS[kind]
    criteria = Criteria.read(things.of, request.GET)
    model, chosen = things.of.model, criteria.filters
    offered = {one.name for one in things.of.filters}
    context = {
        "things": things,
        "criteria": criteria,
        "list_url": things.url(),
        "back": f"{things.url()}{criteria.query()}",
        "industries": occurring(model, "industry") if "industry" in offered else [],
        "countries": sorted(((code, country_name(code)) for code in occurring(model, "country")), key=lambda c: c[1]),
        "cities": occurring(model, "city"),
        "selections": newest_selections(things.of.kind),
        "chosen_selection": number_in(chosen.get("selection", "")),
    }
    return render(request, _page(request, "crm/filters.html"), context)


def columns(request: Request, kind: str) -> HttpResponse:
    """Choose the columns of a list, for oneself."""
    require(request.actor, "crm.read")
    things = THINGS[kind]
    criteria = Criteria.read(things.of, request.GET)
    back = f"{things.url()}{criteria.query()}"
    shown = [column.name for column in chosen_columns(request.actor, things.of)]
    form = ColumnsForm(request.POST or None, of=things.of, initial={"columns": shown})
    if request.method == "POST" and form.is_valid():
        chosen = [] if "usual" in request.POST else form.cleaned_data["columns"]
        choose_columns(request.actor, kind=things.of.kind, columns=chosen)
        return redirect(back)
    context = {"things": things, "criteria": criteria, "form": form, "list_url": things.url(), "back": back}
    return render(request, _page(request, "crm/columns.html"), context, status=422 if form.errors else 200)


def _head(things: Things, criteria: Criteria, column: Column) -> dict[str, Any]:
    """The head of a column: a link that sorts by it, the other way round when it does already."""
    head: dict[str, Any] = {"label": column.label, "figures": column.figures}
    if column.order:
        sorted_by = criteria.sort or "name"
        up = column.name
        times = up in ("created", "updated")  # newest first is what one wants of them
        first, second = (f"-{up}", up) if times else (up, f"-{up}")
        wanted = second if sorted_by == first else first
        head["url"] = f"{things.url()}{criteria.query(sort='' if wanted == 'name' else wanted)}"
        head["sorted"] = {up: "ascending", f"-{up}": "descending"}.get(sorted_by, "")
    return head


def _chips(things: Things, criteria: Criteria) -> list[dict[str, str]]:
    """What narrows the list, each with the address that takes it off."""
    return [
        {
            "text": _said(one.name, str(one.label), criteria.filters[one.name]),
            "url": f"{things.url()}{criteria.query(**{one.name: ''})}",
        }
        for one in things.of.filters
        if one.name in criteria.filters
    ]


def _said(name: str, label: str, value: str) -> str:
    if name == "email":
        return _("With e-mail") if value == "1" else _("Without e-mail")
    if name == "archived":
        return _("Archived only") if value == "1" else _("Archived too")
    if name in ("company", "selection"):
        number = int(value)
        model = Company if name == "company" else Selection
        value = names_of(model, [number]).get(number, "–")
    return f"{label}: {country_name(value) if name == 'country' else value}"


def _beside(things: Things, criteria: Criteria, way: str, cursor: str) -> str:
    return f"{things.url()}{criteria.query(**{way: cursor})}" if cursor else ""


def _note(things: Things, criteria: Criteria, page: Page, *, counted: bool) -> str:
    """How many there are: exactly when all are shown, else on demand."""
    if not page.next and not page.previous:
        return _counted(things, len(page.rows)) if page.rows else ""
    if counted:
        number = count_up_to(criteria)
        if number > COUNTED:
            return _("More than %(number)s") % {"number": local_number(COUNTED)}
        return _counted(things, number)
    return format_html(
        '{} <a href="{url}" hx-get="{url}" hx-target="#list" hx-swap="outerHTML" rel="nofollow">{}</a>',
        _("More than %(number)s.") % {"number": local_number(len(page.rows))},
        _("Count them"),
        url=f"{things.url()}{criteria.query(count='1')}",
    )


def _counted(things: Things, number: int) -> str:
    shown = local_number(number)
    if things.kind == "company":
        return ngettext("%(shown)s company", "%(shown)s companies", number) % {"shown": shown}
    return ngettext("%(shown)s person", "%(shown)s persons", number) % {"shown": shown}


def _page(request: Request, page: str) -> str:
    return f"{page}#form" if is_fragment(request) else page
