"""What people do with an import: upload, choose columns, start, stop, undo. Rows are taken batch by batch."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import F
from django.utils.translation import gettext as _

from tillit.crm.imports.mapping import guess
from tillit.crm.imports.models import LISTED, Import, RejectedRow
from tillit.crm.imports.problems import MAX_FILE, Problem
from tillit.crm.imports.reading import found, inspect
from tillit.crm.imports.undoing import NO_POSITION, undo_portion
from tillit.crm.imports.writing import Batch, write
from tillit.crm.models import Kind, Selection, SelectionMember
from tillit.foundation import files
from tillit.foundation.access import Actor, action, require
from tillit.foundation.clock import now
from tillit.foundation.errors import Refused
from tillit.foundation.events import record
from tillit.foundation.jobs import later
from tillit.foundation.models import StoredFile
from tillit.foundation.tenancy import because_of

GRANT = "imports.run"


@action
def upload_table(actor: Actor, *, kind: Kind, name: str, chunks: Iterable[bytes]) -> Import:
    """Keep the file and guess what its columns mean. Raises `Unreadable` with a sentence if it is no table."""
    require(actor, GRANT)
    stored = files.keep(actor, name=name, chunks=chunks, limit=MAX_FILE)
    try:
        made = _look_at(actor, kind, stored)
    except Refused:
        files.discard(stored)
        raise
    record(actor, "imports.uploaded", made, kind=kind, size=stored.size)
    return made


def _look_at(actor: Actor, kind: Kind, stored: StoredFile) -> Import:
    made = Import(tenant=actor.tenant, kind=kind, file=stored, created_by=actor.user)
    _read(made, {})
    made.save()
    return made


def _read(of_import: Import, wishes: dict[str, str]) -> None:
    """Look at the whole file, keep what was found, and guess the columns."""
    path, encoding, delimiter = files.path_of(of_import.file), wishes.get("encoding"), wishes.get("delimiter")
    sheet = inspect(path, of_import.file.name, encoding=encoding, delimiter=delimiter, name=wishes.get("name"))
    of_import.reading = {**found(sheet), "wishes": wishes}
    of_import.about_rows, of_import.headers = sheet.about, list(sheet.headers)
    guessed = guess(sheet.headers, sheet.samples, of_import.fields)
    of_import.mapping = {str(column): key for column, key in guessed.items()}
    of_import.match_on = of_import.matchable()[:1]


@action
def read_differently(actor: Actor, *, import_id: int, reading: dict[str, str]) -> Import:
    """Overrule how the file is read and guess its columns anew. `reading`: `encoding`, `delimiter`, `name` of a sheet.

    What is left out or empty is found by itself. Raises `Unreadable` if the file is no table when read like that.
    """
    require(actor, GRANT)
    changed = _locked(import_id)
    if changed.state != Import.State.MAPPING:
        raise Refused(_("This import has already been started."))
    _read(changed, {key: wish for key, wish in reading.items() if key in ("encoding", "delimiter", "name") and wish})
    changed.save(update_fields=["reading", "about_rows", "headers", "mapping", "match_on"])
    return changed


@action
def choose_columns(
    actor: Actor, *, import_id: int, mapping: dict[int, str], match_on: list[str], on_match: str
) -> Import:
    """Say which column fills which field, and how rows find the records they belong to."""
    require(actor, GRANT)
    chosen = _locked(import_id)
    if chosen.state != Import.State.MAPPING:
        raise Refused(_("This import has already been started."))
    known = {field.key for field in chosen.fields}
    plan = {column: key for column, key in mapping.items() if key in known and 0 <= column < len(chosen.headers)}
    twice = sorted({key for key in plan.values() if list(plan.values()).count(key) > 1})
    if twice:
        labels = ", ".join(str(field.label) for field in chosen.fields if field.key in twice)
        raise Refused(_("Two columns fill the same field: %(fields)s. Choose one of them.") % {"fields": labels})
    chosen.mapping = {str(column): key for column, key in plan.items()}
    chosen.on_match = Import.OnMatch(on_match)
    chosen.match_on = [key for key in chosen.matchable() if key in match_on]
    chosen.save(update_fields=["mapping", "on_match", "match_on"])
    return chosen


@action
def start_import(actor: Actor, *, import_id: int) -> Import:
    """Start taking rows, as a job; everything the import touches will be in a selection of its own."""
    require(actor, GRANT)
    started = _locked(import_id)
    if started.state != Import.State.MAPPING:
        raise Refused(_("This import has already been started."))
    _require_names(started)
    if started.on_match != Import.OnMatch.ADD and not started.match_on:
        raise Refused(_("Choose at least one field by which rows find existing records, or add every row as new."))
    started.selection = Selection.objects.create(
        tenant=actor.tenant, kind=started.kind, created_by=actor.user, name=_selection_name(started)
    )
    started.state, started.started_at = Import.State.RUNNING, now()
    started.save(update_fields=["selection", "state", "started_at"])
    record(actor, "imports.started", started)
    later("imports.run", actor, import_id=started.pk, only_one=f"import:{started.pk}")
    return started


def _require_names(of_import: Import) -> None:
    names = {"name"} if of_import.kind == Kind.COMPANY else {"first_name", "last_name", "full_name"}
    if not names & set(of_import.mapping.values()):
        raise Refused(_("Choose the column that holds the name; a record without one cannot be found again."))


def _selection_name(of_import: Import) -> str:
    return _("Import of %(file)s") % {"file": of_import.file.name[:80]}


@action
def take_rows(actor: Actor, *, import_id: int, batch: Batch) -> bool:
    """Commit one batch; whether to go on. A batch that was committed before is passed over, so a job may run twice."""
    require(actor, GRANT)
    running = _locked(import_id)
    if running.state != Import.State.RUNNING:
        return False
    if batch.last <= running.position:
        return True
    with because_of(running.cause):
        outcome = write(running, batch.rows)
    problems = [*batch.problems, *outcome.problems]
    _keep_problems(running, problems)
    _keep_problems(running, outcome.same[: max(LISTED - running.unchanged, 0)], unchanged=True)
    refused = {problem.number for problem in problems if problem.rejected}
    warned = {problem.number for problem in problems if not problem.rejected} - refused
    taken = outcome.added + outcome.changed + outcome.unchanged
    Import.objects.filter(pk=running.pk).update(
        position=batch.last,
        read=F("read") + taken + len(refused),
        added=F("added") + outcome.added,
        changed=F("changed") + outcome.changed,
        unchanged=F("unchanged") + outcome.unchanged,
        rejected=F("rejected") + len(refused),
        warned=F("warned") + len(warned),
        companies_added=F("companies_added") + outcome.companies_added,
        company_selection=running.company_selection,
    )
    return True


def _keep_problems(of_import: Import, problems: list[Problem], *, unchanged: bool = False) -> None:
    rows = [
        RejectedRow(
            tenant_id=of_import.tenant_id, of_import=of_import, number=problem.number, cells=list(problem.cells),
            reason=problem.reason, rejected=problem.rejected, unchanged=unchanged,
        )
        for problem in problems
    ]  # fmt: skip
    RejectedRow.objects.bulk_create(rows, batch_size=1_000)


@action
def finish_import(actor: Actor, *, import_id: int) -> None:
    """All rows were read."""
    require(actor, GRANT)
    finished = _locked(import_id)
    if finished.state == Import.State.RUNNING:
        _end(finished, Import.State.DONE)
        record(actor, "imports.finished", finished, **finished.counts())


@action
def stop_import(actor: Actor, *, import_id: int) -> Import:
    """Stop after the batch that is being written; what was taken stays and can be undone."""
    require(actor, GRANT)
    stopped = _locked(import_id)
    if stopped.state != Import.State.RUNNING:
        raise Refused(_("This import is not running."))
    _end(stopped, Import.State.STOPPED)
    record(actor, "imports.stopped", stopped, **stopped.counts())
    return stopped


@action
def fail_import(actor: Actor, *, import_id: int, reason: str) -> None:
    """The file could not be read to its end, or the machine failed; the reason is shown."""
    require(actor, GRANT)
    failed = _locked(import_id)
    if failed.is_under_way():
        failed.problem = reason
        _end(failed, Import.State.FAILED)
        record(actor, "imports.failed", failed, **failed.counts())


@action
def undo_import(actor: Actor, *, import_id: int) -> Import:
    """Take the whole import back, as a job: what it made goes, what it changed is changed back.

    Once more takes what was kept and nobody works with any longer.
    """
    require(actor, GRANT)
    undone = _locked(import_id)
    if not undone.can_be_undone():
        raise Refused(_("There is nothing to undo in this import."))
    undone.state, undone.position, undone.kept_at_undo = Import.State.UNDOING, NO_POSITION, 0
    undone.save(update_fields=["state", "position", "kept_at_undo"])
    later("imports.undo", actor, import_id=undone.pk, only_one=f"undo:{undone.pk}")  # its run may still wait
    return undone


@action
def undo_rows(actor: Actor, *, import_id: int) -> bool:
    """Take the next portion back; whether to go on. The position is kept with it, so a job may run twice."""
    require(actor, GRANT)
    undone = _locked(import_id)
    if undone.state != Import.State.UNDOING:
        return False
    lowest, kept = undo_portion(undone, undone.position)
    Import.objects.filter(pk=undone.pk).update(position=lowest, kept_at_undo=F("kept_at_undo") + kept)
    if lowest == 0:
        _finish_undo(actor, undone)
    return lowest > 0


def _finish_undo(actor: Actor, undone: Import) -> None:
    undone.state, undone.undone_at = Import.State.UNDONE, now()
    undone.save(update_fields=["state", "undone_at"])
    for selection in (undone.selection, undone.company_selection):  # they hold what was kept
        if selection is not None and not SelectionMember.objects.filter(selection=selection).exists():
            selection.delete()
    record(actor, "imports.undone", undone)


def _end(ended: Import, state: Import.State) -> None:
    ended.state, ended.ended_at = state, now()
    ended.save(update_fields=["state", "ended_at", "problem"])


def _locked(import_id: int) -> Import:
    """The import of the actor's tenant, locked until the transaction ends; a stranger's is `DoesNotExist`."""
    return Import.objects.select_for_update(of=("self",)).select_related("file").get(pk=import_id)
