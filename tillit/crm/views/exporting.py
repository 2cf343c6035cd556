"""What a list shows, as a file: the same filters, order and columns, every row."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, tzinfo

from django.contrib import messages
from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from tillit.crm.actions import note_export
from tillit.crm.lists import Column, Criteria
from tillit.crm.models import Company
from tillit.crm.paging import Row
from tillit.crm.queries import chosen_columns, count_up_to, every_row, names_of
from tillit.crm.tables import Cell, delimiter_for, write_csv, write_xlsx
from tillit.crm.views.kinds import THINGS, Things
from tillit.foundation.access import Actor, require
from tillit.foundation.formats import local_number
from tillit.foundation.requests import Request
from tillit.foundation.tenancy import in_tenant

WORKBOOK = 50_000  # rows: a workbook is written before the first byte can be sent


def export(request: Request, kind: str, form: str) -> HttpResponseBase:
    """CSV goes through a file, row by row; a workbook of at most 50,000 rows is written first."""
    require(request.actor, "crm.export")
    things = THINGS[kind]
    criteria = Criteria.read(things.of, request.GET)
    columns = chosen_columns(request.actor, things.of)
    if form == "xlsx" and count_up_to(criteria, WORKBOOK) > WORKBOOK:
        limit = local_number(WORKBOOK)
        messages.error(request, _("A workbook holds at most %(limit)s rows here. Export as CSV.") % {"limit": limit})
        return redirect(f"{things.url()}{criteria.query()}")
    header = [*_name_heads(kind), *(str(column.label) for column in columns[1:])]
    zone = timezone.get_current_timezone()  # the reader's; a CSV is sent after the request, when none is active
    rows = _rows(request.actor, things, criteria, columns, form, zone)
    name = f"{things.plural}-{timezone.localdate():%Y-%m-%d}.{form}"
    if form == "xlsx":
        return FileResponse(write_xlsx(header, rows), as_attachment=True, filename=name)
    response = StreamingHttpResponse(
        write_csv(header, rows, delimiter=delimiter_for(get_language() or "en")), content_type="text/csv; charset=utf-8"
    )
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _name_heads(kind: str) -> list[str]:
    return [_("First name"), _("Last name")] if kind == "person" else [_("Name")]


def _rows(
    actor: Actor, things: Things, criteria: Criteria, columns: list[Column], form: str, zone: tzinfo
) -> Iterator[list[Cell]]:
    """Cells of all rows. Each page is read in a transaction of its own, as this goes on after the request's has ended;
    how many rows left is recorded even when the reader hangs up."""
    names = columns[0].needs
    needs = [*names, *(need for column in columns[1:] for need in column.needs)]
    pages, sent = every_row(criteria, needs), 0
    try:
        while True:
            with in_tenant(actor.tenant):
                rows = next(pages, None)
                companies = _companies(rows) if rows and "company_id" in needs else {}
            if rows is None:
                return
            for row in rows:
                sent += 1
                yield [_cell(row, need, companies, zone) for need in needs]
    finally:
        note_export(actor, kind=things.kind, form=form, rows=sent)


def _companies(rows: list[Row]) -> dict[int, str]:
    return names_of(Company, (row["company_id"] for row in rows if row["company_id"]))


def _cell(row: Row, need: str, companies: dict[int, str], zone: tzinfo) -> Cell:
    value = companies.get(row[need], "") if need == "company_id" else row[need]
    return value.astimezone(zone) if isinstance(value, datetime) else value
