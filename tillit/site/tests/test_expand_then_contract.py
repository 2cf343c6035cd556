"""A migration that the release before could not live with is refused, in a sentence that names file and operation."""

import json

import pytest
from django.db import migrations, models
from django.db.migrations.state import ModelState, ProjectState

from tillit.site import expanding

OLDER = "0.1.0"
BILL = ModelState(
    "bills",
    "Bill",
    [
        ("id", models.BigAutoField(primary_key=True)),
        ("number", models.CharField(max_length=20)),
        ("note", models.TextField(null=True)),
        ("paid", models.BooleanField(db_default=False)),
        ("cents", models.IntegerField(default=0)),
    ],
)
UNIQUE = models.UniqueConstraint(fields=["number"], name="one_number")


def said(*operations, **declared):
    """What the check says of a migration of these operations, in a room with bills."""
    made = type("Migration", (migrations.Migration,), {"__module__": "tillit.bills.migrations.0002_bad", **declared})
    migration = made("0002_bad", "bills")
    migration.operations = list(operations)
    state = ProjectState()
    state.add_model(BILL.clone())
    return list(expanding.examine(migration, state, older=OLDER, fresh=set()))


def alter(name, field):
    return migrations.AlterField("bill", name, field)


@pytest.mark.parametrize(
    ("operation", "because"),
    [
        (migrations.RemoveField("bill", "note"), "takes away the column “bill.note”"),
        (migrations.DeleteModel("Bill"), "takes away the table of “Bill”"),
        (migrations.RenameField("bill", "note", "remark"), "renames “bill.note”"),
        (migrations.RenameModel("Bill", "Invoice"), "renames “Bill”"),
        (migrations.AlterModelTable("Bill", "invoices"), "renames the table"),
        (migrations.AddField("bill", "due", models.DateField()), "the older release cannot add rows"),
        (migrations.AddField("bill", "due", models.CharField(default="", max_length=9)), "has no db_default"),
        (alter("note", models.TextField()), "forbids “bill.note” to be empty"),
        (alter("number", models.CharField(max_length=10)), "shorter"),
        (alter("note", models.CharField(max_length=10, null=True)), "another kind of column"),
        (alter("number", models.CharField(max_length=40)), "widens “bill.number”"),
        (alter("number", models.TextField()), "widens “bill.number”"),
        (alter("cents", models.BigIntegerField(default=0)), "widens “bill.cents”"),
        (alter("paid", models.BooleanField()), "takes the db_default"),
        (alter("number", models.CharField(max_length=20, db_column="no")), "another column"),
        (migrations.RunSQL("DELETE FROM bills_bill"), "cannot be read"),
        (migrations.RunPython(lambda _apps, _editor: None), "cannot be read"),
        (migrations.SeparateDatabaseAndState([migrations.RemoveField("bill", "note")]), "takes away the column"),
        (migrations.AlterOrderWithRespectTo("bill", "number"), "adds a column"),
    ],
)
def test_what_breaks_the_older_release_is_refused(operation, because):
    (finding,) = said(operation)
    assert not finding.warning
    assert str(finding).startswith("tillit/bills/migrations/0002_bad.py: ")
    assert because in str(finding)


@pytest.mark.parametrize(
    "operation",
    [
        migrations.CreateModel("Payment", [("id", models.BigAutoField(primary_key=True))]),
        migrations.AddField("bill", "due", models.DateField(null=True)),
        migrations.AddField("bill", "due", models.CharField(max_length=9, db_default="")),
        migrations.AddIndex("bill", models.Index(fields=["number"], name="by_number")),
        migrations.SeparateDatabaseAndState(state_operations=[migrations.RemoveField("bill", "note")]),
        alter("number", models.CharField(max_length=20, choices=[("a", "A")])),
        alter("cents", models.IntegerField(null=True)),
    ],
)
def test_what_only_adds_passes(operation):
    assert said(operation) == []


def test_a_rule_on_a_table_that_the_older_release_writes_is_pointed_out(capsys):
    (finding,) = said(migrations.AddConstraint("bill", UNIQUE))
    assert finding.warning
    assert "may break" in str(finding)


def test_a_table_that_is_as_new_as_its_rule_is_nobodys_concern():
    payment = migrations.CreateModel("Payment", [("id", models.BigAutoField(primary_key=True))])
    assert said(payment, migrations.AddField("payment", "at", models.DateField())) == []


def test_what_a_migration_cannot_show_it_may_declare():
    assert said(migrations.RunSQL("UPDATE …"), expands="Fills a column that only we read.") == []


@pytest.mark.parametrize(("first_without", "passes"), [("0.1.0", True), ("0.0.9", True), ("0.2.0", False)])
def test_something_is_taken_away_once_every_release_does_without(first_without, passes):
    found = said(migrations.RemoveField("bill", "note"), contracts=first_without)
    assert (found == []) is passes
    if not passes:
        assert "waits until 0.2.0 is everywhere" in str(found[0])


def test_our_own_migrations_pass(capsys):
    assert expanding.main([]) == 0


def test_migrations_since_the_baseline_are_examined(tmp_path, monkeypatch):
    """As if only the first migration of availability had been released."""
    older = {"version": "0.0.1", "migrations": ["foundation.0001_initial", "availability.0001_initial"]}
    place = tmp_path / "migrations.json"
    place.write_text(json.dumps(older))
    monkeypatch.setattr(expanding, "BASELINE", place)
    found = expanding.findings(*expanding.released())
    assert any("tillit/availability/migrations/0002_moves.py" in str(one) for one in found)
    assert not any("0001_initial" in one.file and "/availability/migrations" in one.file for one in found)
