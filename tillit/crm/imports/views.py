"""The way of a file: upload, columns, running and result."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tillit.crm.imports.actions import (
    GRANT,
    choose_columns,
    read_differently,
    start_import,
    stop_import,
    undo_import,
    upload_table,
)
from tillit.crm.imports.forms import ColumnsForm, FileForm, ReadingForm
from tillit.crm.imports.models import Import
from tillit.crm.imports.problems import Problem
from tillit.crm.imports.queries import (
    earlier_imports,
    first_remarks,
    preview,
    rejected_rows,
    sheet_of,
    unchanged_rows,
)
from tillit.crm.imports.reading import Sheet
from tillit.crm.imports.rejected import RejectedRows
from tillit.crm.models import Kind
from tillit.foundation.access import require
from tillit.foundation.errors import Refused
from tillit.foundation.requests import Request
from tillit.foundation.web import is_fragment


def upload(request: Request, kind: str) -> HttpResponse:
    """Choose a file; what was imported before stands below."""
    require(request.actor, GRANT)
    form = FileForm(request.POST or None, request.FILES or None) if request.method == "POST" else FileForm()
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            made = upload_table(request.actor, kind=Kind(kind), name=file.name, chunks=file.chunks())
        except Refused as refusal:
            form.add_error("file", str(refusal))
        else:
            return redirect("imports:columns", made.pk)
    context = {"form": form, "kind": kind, "earlier": earlier_imports(kind)[:20], "steps": steps(), "current": 1}
    return render(request, "imports/upload.html", context, status=422 if form.errors else 200)


def columns(request: Request, import_id: int) -> HttpResponse:
    """Correct the guessed columns, look at the first rows, start."""
    require(request.actor, GRANT)
    of_import = _import(import_id)
    if of_import.state != Import.State.MAPPING:
        return redirect("imports:run", of_import.pk)
    form = ColumnsForm(request.POST or None, of_import=of_import)
    if request.method == "POST" and form.is_valid():
        try:
            of_import = choose_columns(request.actor, import_id=of_import.pk, **form.chosen())
            if "start" in request.POST:
                start_import(request.actor, import_id=of_import.pk)
                return redirect("imports:run", of_import.pk)
        except Refused as refusal:
            form.add_error(None, str(refusal))
    sheet = sheet_of(of_import)
    context = {
        "form": form,
        "reading": ReadingForm(sheet=sheet, wishes=of_import.reading.get("wishes")),
        "import": of_import,
        "sheet": sheet,
        "columns": zip(form.columns(), zip(*sheet.samples[:3], strict=True), strict=False) if sheet.samples else [],
        "preview": _shown(of_import, sheet),
        "steps": steps(),
        "current": 2,
    }
    page = "imports/columns.html"
    template = f"{page}#preview" if is_fragment(request) else page
    return render(request, template, context, status=422 if form.errors else 200)


@require_POST
def reading(request: Request, import_id: int) -> HttpResponse:
    """Read the file in another encoding, with another delimiter, or another sheet of it."""
    require(request.actor, GRANT)
    form = ReadingForm(request.POST, sheet=sheet_of(_import(import_id)))
    try:
        if form.is_valid():
            read_differently(request.actor, import_id=import_id, reading=form.cleaned_data)
        else:
            messages.error(request, " ".join(str(error) for errors in form.errors.values() for error in errors))
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("imports:columns", import_id)


def run(request: Request, import_id: int) -> HttpResponse:
    """Progress while it runs, then the result; undo and report from here."""
    require(request.actor, GRANT)
    of_import = _import(import_id)
    if of_import.state == Import.State.MAPPING:
        return redirect("imports:columns", of_import.pk)
    remarks = [] if of_import.is_under_way() else first_remarks(of_import)
    context = {"import": of_import, "remarks": remarks, "steps": steps(), "current": 3}
    page = "imports/run.html"
    return render(request, f"{page}#state" if is_fragment(request) else page, context)


@require_POST
def stop(request: Request, import_id: int) -> HttpResponse:
    return _do(request, import_id, stop_import)


@require_POST
def undo(request: Request, import_id: int) -> HttpResponse:
    return _do(request, import_id, undo_import)


def report(request: Request, import_id: int) -> FileResponse:
    """Every rejected row with its reason, as a file to be mended and uploaded again."""
    return _rows_as_file(request, import_id, rejected_rows, _("rejected"))


def unchanged(request: Request, import_id: int) -> FileResponse:
    """The first rows that changed nothing, each with the record it is there already as."""
    return _rows_as_file(request, import_id, unchanged_rows, _("unchanged"))


def _rows_as_file(
    request: Request, import_id: int, rows_of: Callable[[Import], Iterable[Problem]], word: str
) -> FileResponse:
    require(request.actor, GRANT)
    of_import = _import(import_id)
    target = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    writer = RejectedRows(target, of_import.headers, delimiter=of_import.delimiter)
    for problem in rows_of(of_import):
        writer.add(problem)
    writer.close()
    target.seek(0)
    stem = of_import.file.name.rsplit(".", 1)[0]
    return FileResponse(target, as_attachment=True, filename=f"{stem}-{word}.csv", content_type="text/csv")


def _do(request: Request, import_id: int, verb: Callable[..., object]) -> HttpResponse:
    try:
        verb(request.actor, import_id=import_id)
    except Refused as refusal:
        messages.error(request, str(refusal))
    except Import.DoesNotExist as error:
        raise Http404 from error
    return redirect("imports:run", import_id)


def _import(import_id: int) -> Import:
    return get_object_or_404(Import.objects.select_related("file", "selection", "created_by"), pk=import_id)


def _shown(of_import: Import, sheet: Sheet) -> dict[str, object]:
    """The preview as a table: the fields that are filled, and the cells of each row in their order."""
    labels = {field.key: field.label for field in of_import.fields}
    keys = [key for key in labels if key in of_import.plan.values()]
    if "full_name" in keys:  # comes out split
        keys[keys.index("full_name") : keys.index("full_name") + 1] = ["first_name", "last_name"]
    rows = [(row, [row.values.get(key, "") for key in keys]) for row in preview(of_import, sheet)]
    return {"labels": [labels[key] for key in keys], "rows": rows}


def steps() -> list[str]:
    return [_("File"), _("Columns"), _("Result")]
