"""The card of one record: its lines, editing them, archive and restore, history."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tillit.crm.forms import RecordForm
from tillit.crm.lists import number_in
from tillit.crm.merging import Clash, Conflict
from tillit.crm.models import Company, Record
from tillit.crm.queries import occurring, persons_of
from tillit.crm.showing import line_of, read, shown_history
from tillit.crm.views.kinds import THINGS, Things
from tillit.foundation.access import require
from tillit.foundation.errors import Refused
from tillit.foundation.ledger import history_of
from tillit.foundation.requests import Request
from tillit.foundation.web import is_fragment

HISTORY = 10  # entries on the card
OLDER = 30  # entries per further request
PERSONS = 50


def record(request: Request, kind: str, number: int) -> HttpResponse:
    """The card; for htmx one line of it (`?line=phone`), as it was before editing."""
    require(request.actor, "crm.read")
    things = THINGS[kind]
    found = things.find(number)
    line = request.GET.get("line", "")
    if is_fragment(request) and line in things.lines:
        return render(request, "crm/card.html#line", _line_context(things, found, line) | {"focus": True})
    context = {
        **_context(things, found),
        "lines": [line_of(found, name, fields) for name, fields in things.lines.items()],
        **_history(found, limit=HISTORY),
    }
    if isinstance(found, Company):
        persons = persons_of(found, PERSONS)
        context |= {"persons": persons[:PERSONS], "more_persons": len(persons) > PERSONS}
    return render(request, "crm/card.html", context)


def edit(request: Request, kind: str, number: int) -> HttpResponse:
    """All fields on a page, or for htmx one line in place. Two who edit at once see both values and choose."""
    require(request.actor, "crm.edit")
    things = THINGS[kind]
    found = things.find(number)
    line = request.POST.get("line") or request.GET.get("line", "")
    only = things.lines.get(line, ()) if is_fragment(request) else ()
    if request.method != "POST":
        return _form(request, things, found, things.form(record=found, only=only), line)
    form = things.form(request.POST, record=found, only=only)
    if not form.is_valid():
        return _form(request, things, found, form, line, status=422)
    try:
        found = _apply(request, things, found, form)
    except Conflict as conflict:
        merged = things.form(record=conflict.record, only=only, initial=_by_field(conflict))
        return _form(request, things, found, merged, line, status=409, clashes=conflict.clashes)
    except ValidationError as error:
        form.refuse(error)
        return _form(request, things, found, form, line, status=422)
    except Refused as refusal:
        form.add_error(refusal.field, str(refusal))
        return _form(request, things, found, form, line, status=422)
    if only:
        return _saved(request, things, found, line)
    messages.success(request, _("Saved."))
    return redirect(found)


@require_POST
def archive(request: Request, kind: str, number: int) -> HttpResponse:
    """Into the archive, with a way back in the message."""
    things = THINGS[kind]
    found = things.archive(request.actor, things.find(number))
    undo = format_html(
        '{} <button type="button" class="link" hx-post="{}">{}</button>',
        _("%(record)s is archived.") % {"record": found},
        things.url("restore", number),
        _("Undo"),
    )
    messages.success(request, undo)
    return _go(request, found)


@require_POST
def restore(request: Request, kind: str, number: int) -> HttpResponse:
    things = THINGS[kind]
    found = things.restore(request.actor, things.find(number))
    messages.success(request, _("%(record)s is back.") % {"record": found})
    return _go(request, found)


def history(request: Request, kind: str, number: int) -> HttpResponse:
    """Everything that happened to a record, newest first; for htmx the next entries."""
    require(request.actor, "crm.read")
    things = THINGS[kind]
    found = things.find(number)
    before = number_in(request.GET.get("before", ""))
    context = _context(things, found) | _history(found, limit=OLDER, before=before)
    page = "crm/history.html"
    return render(request, f"{page}#entries" if is_fragment(request) else page, context)


def _apply(request: Request, things: Things, found: Record, form: RecordForm) -> Record:
    """Write what the form says, except where the person chose what the other one had saved."""
    values = {name: value for name, value in form.values().items() if request.POST.get(f"{name}_choice") != "theirs"}
    version = form.cleaned_data["version"] or found.version
    return things.edit(request.actor, found, version, values)


def _form(  # noqa: PLR0913 - what a form page needs
    request: Request,
    things: Things,
    found: Record,
    form: RecordForm,
    line: str,
    *,
    status: int = 200,
    clashes: Sequence[Clash] = (),
) -> HttpResponse:
    chosen = {_field_name(found, clash.column) for clash in clashes}
    context = {
        **_context(things, found),
        "form": form,
        "line": line,
        "label": line_of(found, line, things.lines[line]).label if line in things.lines else "",
        "clashes": [_shown(found, clash) for clash in clashes],
        "hidden": [form[name] for name in form.names if name in chosen],
        "shown": [form[name] for name in form.names if name not in chosen],
        "industries": occurring(Company, "industry") if "industry" in form.names else [],
    }
    page = "crm/edit.html"
    return render(request, f"{page}#line" if is_fragment(request) else page, context, status=status)


def _saved(request: Request, things: Things, found: Record, line: str) -> HttpResponse:
    """The line as it is now, and beside it what else changed on the card."""
    found = things.find(found.pk)
    context = _line_context(things, found, line) | _history(found, limit=HISTORY) | {"focus": True}
    response = render(request, "crm/card.html#saved", context)
    response.headers["HX-Trigger"] = json.dumps({"announce": {"text": _("Saved.")}})
    return response


def _context(things: Things, found: Record) -> dict[str, Any]:
    return {
        "things": things,
        "record": found,
        "list_url": things.url(),
        "edit_url": things.url("edit", found.pk),
        "history_url": things.url("history", found.pk),
        "archive_url": things.url("archive", found.pk),
        "restore_url": things.url("restore", found.pk),
    }


def _line_context(things: Things, found: Record, line: str) -> dict[str, Any]:
    return _context(things, found) | {"line": line_of(found, line, things.lines[line])}


def _history(found: Record, *, limit: int, before: int | None = None) -> dict[str, Any]:
    entries = history_of(found, before_id=before, limit=limit + 1)
    shown = shown_history(found, entries[:limit])
    return {"entries": shown, "older": shown[-1].id if len(entries) > limit else None}


def _by_field(conflict: Conflict) -> dict[str, Any]:
    """What this person wanted to write, as the form's initial values."""
    values = {_field_name(conflict.record, column): value for column, value in conflict.mine.items()}
    if values.get("company"):
        values["company"] = Company.objects.filter(pk=values["company"]).first()
    return values


def _shown(found: Record, clash: Clash) -> dict[str, Any]:
    name = _field_name(found, clash.column)
    theirs, mine = (_read(name, value) for value in (clash.theirs, clash.mine))
    label = clash.label[:1].upper() + clash.label[1:]
    who = clash.by.name if clash.by else "Tillit"
    return {"name": name, "label": label, "theirs": theirs, "mine": mine, "who": who, "at": clash.at}


def _read(name: str, value: Any) -> str:
    if name == "company" and value:
        return str(Company.objects.filter(pk=value).first() or f"#{value}")
    return read(name, value)


def _field_name(record: Record, column: str) -> str:
    return next(field.name for field in record._meta.concrete_fields if field.attname == column)


def _go(request: Request, found: Record) -> HttpResponse:
    """Redirect; a press of htmx loads the whole page anew, message included."""
    if is_fragment(request):
        return HttpResponse(status=204, headers={"HX-Redirect": found.get_absolute_url()})
    return redirect(found)
