"""An import: an uploaded table on its way into companies or persons, and what became of every row."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import CheckConstraint, Index, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from tillit.crm.imports.fields import COMPANY_FIELDS, PERSON_FIELDS, Field
from tillit.crm.models import Kind, Selection
from tillit.foundation.clock import LedgerTime
from tillit.foundation.models import StoredFile, User
from tillit.foundation.tenancy import TenantModel

MATCHABLE = {
    Kind.COMPANY: ("name", "registration_number", "domain", "code", "email"),
    Kind.PERSON: ("email", "name"),
}
LISTED = 1_000  # unchanged rows of an import that are told one by one


class Import(TenantModel):
    """One uploaded file and its way: mapped, running, done, perhaps undone. Counts are of rows of the file."""

    class State(models.TextChoices):
        MAPPING = "mapping", _("columns to be chosen")
        RUNNING = "running", _("running")
        DONE = "done", pgettext_lazy("import", "done")
        STOPPED = "stopped", _("stopped")
        FAILED = "failed", pgettext_lazy("import", "failed")
        UNDOING = "undoing", _("being undone")
        UNDONE = "undone", _("undone")

    class OnMatch(models.TextChoices):
        ADD = "add", _("Add every row as new")
        MERGE = "merge", _("Fill in what is empty")
        REPLACE = "replace", _("Overwrite with the file")
        SKIP = "skip", _("Leave what is there as it is")

    kind = models.CharField(_("holds"), max_length=10, choices=Kind)
    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.MAPPING)
    reading = models.JSONField(default=dict)  # what `reading.found` gave, and `wishes`
    headers = models.JSONField(default=list)
    mapping = models.JSONField(default=dict)  # column index (as text) to field key
    match_on = models.JSONField(default=list)
    on_match = models.CharField(max_length=8, choices=OnMatch, default=OnMatch.MERGE)
    about_rows = models.PositiveBigIntegerField(null=True)
    position = models.PositiveBigIntegerField(default=0)  # last row committed; of an undo, the ledger id
    read = models.PositiveBigIntegerField(default=0)
    added = models.PositiveBigIntegerField(default=0)
    changed = models.PositiveBigIntegerField(default=0)
    unchanged = models.PositiveBigIntegerField(default=0)
    rejected = models.PositiveBigIntegerField(default=0)
    warned = models.PositiveBigIntegerField(default=0)
    companies_added = models.PositiveBigIntegerField(default=0, db_default=0)  # those that persons named and we missed
    kept_at_undo = models.PositiveBigIntegerField(default=0)
    problem = models.TextField(blank=True, default="")
    selection = models.ForeignKey(Selection, null=True, on_delete=models.SET_NULL, related_name="+")
    company_selection = models.ForeignKey(Selection, null=True, on_delete=models.SET_NULL, related_name="+")
    created_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=LedgerTime())
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)

    ledger_leaves_out = (
        *("position", "read", "added", "changed", "unchanged", "rejected", "warned", "companies_added"),
        "reading",
    )

    class Meta:
        verbose_name = _("import")
        indexes = [Index(fields=["tenant", "kind", "-id"], name="import_newest")]
        constraints = [
            CheckConstraint(condition=Q(kind__in=["company", "person"]), name="import_kind_known"),
            CheckConstraint(
                condition=Q(state__in=["mapping", "running", "done", "stopped", "failed", "undoing", "undone"]),
                name="import_state_known",
            ),
        ]

    def __str__(self) -> str:
        return self.file.name

    @property
    def cause(self) -> str:
        """What the ledger calls everything this import wrote."""
        return f"import:{self.pk}"

    @property
    def fields(self) -> tuple[Field, ...]:
        return COMPANY_FIELDS if self.kind == Kind.COMPANY else PERSON_FIELDS

    @property
    def plan(self) -> dict[int, str]:
        return {int(column): key for column, key in self.mapping.items()}

    @property
    def delimiter(self) -> str:
        """What separates the cells of the file; a comma for a workbook."""
        return (self.reading.get("dialect") or self.reading).get("delimiter") or ","

    @staticmethod
    def all_matchable(kind: str) -> tuple[str, ...]:
        """Fields by which rows of this kind may find records; each has an index."""
        return MATCHABLE[Kind(kind)]

    def matchable(self) -> list[str]:
        """Fields of the mapping by which a row may find the record it belongs to."""
        mapped = set(self.mapping.values())
        if mapped & {"first_name", "last_name", "full_name"}:
            mapped.add("name")
        return [key for key in self.all_matchable(self.kind) if key in mapped]

    def is_under_way(self) -> bool:
        return self.state in (self.State.RUNNING, self.State.UNDOING)

    def can_be_undone(self) -> bool:
        """Again as well, when something was kept: what held it may be gone."""
        if self.state == self.State.UNDONE:
            return self.kept_at_undo > 0
        return self.state in (self.State.DONE, self.State.STOPPED, self.State.FAILED) and bool(
            self.added + self.changed
        )

    def selection_of(self, kind: Kind) -> int | None:
        """The number of the selection that holds its records of this kind."""
        return self.selection_id if kind == self.kind else self.company_selection_id

    def counts(self) -> dict[str, Any]:
        names = ("read", "added", "changed", "unchanged", "rejected", "warned", "companies_added")
        return {name: getattr(self, name) for name in names}


class RejectedRow(TenantModel):
    """A row that was not taken, with the reason; one that was taken with a change worth telling; or one that was there
    already and changed nothing, of which only the first are told.
    """

    append_only = True

    tenant = models.ForeignKey(
        "foundation.Tenant", on_delete=models.PROTECT, editable=False, related_name="+", db_index=False
    )
    of_import = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="+", db_index=False)
    number = models.PositiveBigIntegerField()
    cells = models.JSONField(default=list)
    reason = models.TextField()
    rejected = models.BooleanField(default=True)
    unchanged = models.BooleanField(default=False, db_default=False)

    class Meta:
        indexes = [Index(fields=["tenant", "of_import", "number"], name="rejected_rows_in_order")]

    def __str__(self) -> str:
        return f"{self.number}: {self.reason}"
