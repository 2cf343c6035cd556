"""A tenant's rows are locked twice: against an unscoped query, and in the database itself."""

import pytest
from django.db import DatabaseError, connection, transaction
from django_scopes import scopes_disabled
from django_scopes.exceptions import ScopeError
from procrastinate.contrib.django import app

from tillit.foundation.database import make_ledger_partitions, tenant_models
from tillit.foundation.models import LedgerEntry, Membership, StoredFile
from tillit.foundation.tenancy import in_tenant


def raw(query, *values):
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchall()


@pytest.fixture
def files(anna, chiara):
    for person, name in ((anna, "hers.csv"), (chiara, "other.csv")):
        with in_tenant(person.tenant, actor_id=person.user.pk, action="test.keep"):
            StoredFile.objects.create(tenant=person.tenant, name=name, size=1, sha256="", key="k")


def test_a_query_without_a_tenant_is_an_error(anna):
    with pytest.raises(ScopeError):
        Membership.objects.count()


def test_inside_a_tenant_only_its_rows_are_found(files, anna):
    with in_tenant(anna.tenant):
        assert [file.name for file in StoredFile.objects.all()] == ["hers.csv"]


def test_raw_sql_as_the_application_sees_one_tenant_only(files, anna):
    with in_tenant(anna.tenant):
        assert raw("SELECT name FROM foundation_storedfile") == [("hers.csv",)]


def test_raw_sql_without_a_tenant_sees_nothing(files):
    assert raw("SELECT name FROM foundation_storedfile") == []
    assert raw("SELECT * FROM foundation_ledgerentry") == []


def test_even_with_scopes_switched_off_the_database_shows_one_tenant(files, anna):
    with in_tenant(anna.tenant), scopes_disabled():
        assert StoredFile.objects.count() == 1


def test_a_row_for_another_tenant_cannot_be_written(anna, chiara):
    with pytest.raises(DatabaseError), in_tenant(anna.tenant):
        StoredFile.objects.create(tenant=chiara.tenant, name="planted", size=1, sha256="", key="k")


def test_leaving_a_tenant_inside_a_transaction_forgets_it(files, anna, chiara):
    with in_tenant(anna.tenant):
        with in_tenant(chiara.tenant):
            assert raw("SELECT name FROM foundation_storedfile") == [("other.csv",)]
        assert raw("SELECT name FROM foundation_storedfile") == [("hers.csv",)]
    assert raw("SELECT name FROM foundation_storedfile") == []


def test_every_tenant_table_is_locked_by_the_database(db):
    tables = {model._meta.db_table for model in tenant_models()}
    locked = {
        name
        for (name,) in raw(
            "SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity"
            " AND EXISTS (SELECT FROM pg_policy WHERE polrelid = pg_class.oid)"
        )
    }
    assert tables and tables <= locked


def test_every_table_with_a_tenant_is_a_tenant_table(db):
    """Nobody adds a tenant_id without the locks."""
    tables = {model._meta.db_table for model in tenant_models()}
    with_tenant = {
        name
        for (name,) in raw(
            "SELECT c.relname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
            " WHERE a.attname = 'tenant_id' AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
        )
    }
    of_the_cloud = {  # its own: the tenant only says which way a message may go, or whose windows a stranger reads of
        "foundation_outgoingmail",
        "foundation_namedway",
        "subscriptions_subscriber",
    }
    assert with_tenant <= tables | of_the_cloud


def test_the_application_role_is_neither_owner_nor_superuser(db):
    assert raw("SELECT rolsuper OR rolbypassrls OR rolcreaterole FROM pg_roles WHERE rolname = current_user") == [
        (False,)
    ]
    owned = raw(
        "SELECT count(*) FROM pg_class WHERE relowner = (SELECT oid FROM pg_roles WHERE rolname = current_user)"
    )
    assert owned == [(0,)]


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO foundation_ledgerentry (tenant_id, at, transaction_id, action, cause, table_name, row_id, kind)"
        " VALUES (1, now(), 1, '', '', '', 1, 'i')",
        "UPDATE foundation_ledgerentry SET action = 'forged'",
        "DELETE FROM foundation_ledgerentry",
        "TRUNCATE foundation_ledgerentry",
        "SELECT * FROM foundation_ledgerentry_rest",
        "UPDATE foundation_event SET name = 'forged'",
        "DELETE FROM foundation_event",
        "ALTER TABLE foundation_storedfile DISABLE ROW LEVEL SECURITY",
        "DROP TRIGGER ledger_changed ON foundation_storedfile",
        "TRUNCATE foundation_storedfile",
        "CREATE TABLE sneaky (id int)",
    ],
)
def test_the_application_cannot_forge_the_ledger_or_open_the_locks(files, anna, statement):
    with pytest.raises(DatabaseError), in_tenant(anna.tenant), transaction.atomic():
        raw(statement)


def test_a_month_of_the_ledger_made_at_night_is_closed_to_the_application(db):
    make_ledger_partitions(months_ahead=9)  # as the worker does, in the application's role
    opened = raw(
        "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'foundation_ledgerentry'::regclass"
        " AND has_table_privilege(inhrelid, 'SELECT, INSERT, UPDATE, DELETE')"
    )
    assert opened == []
    assert "site.make_ledger_partitions" in app.tasks


def test_a_table_of_the_same_name_in_the_sessions_own_schema_diverts_no_ledger_row(anna):
    """Functions with the owner's rights look for temporary tables last."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE foundation_ledgerentry (LIKE public.foundation_ledgerentry)")
    with in_tenant(anna.tenant, actor_id=anna.user.pk, action="test.keep"):
        StoredFile.objects.create(tenant=anna.tenant, name="hers.csv", size=1, sha256="", key="k")
        kept = "SELECT count(*) FROM public.foundation_ledgerentry WHERE table_name = 'foundation_storedfile'"
        assert raw(kept) == [(1,)]
        assert raw("SELECT count(*) FROM pg_temp.foundation_ledgerentry") == [(0,)]


def test_functions_with_the_owners_rights_look_for_temporary_tables_last(db):
    careless = (
        "SELECT proname FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace"
        " AND NOT coalesce(array_to_string(proconfig, ';'), '') ~ 'search_path=.*pg_temp\"?$'"
    )
    assert raw(careless) == []


def test_the_ledger_tells_who_when_before_and_after(files, anna):
    with in_tenant(anna.tenant, actor_id=anna.user.pk, action="test.rename"):
        StoredFile.objects.update(name="renamed.csv")
    with in_tenant(anna.tenant, actor_id=anna.user.pk, action="test.discard"):
        StoredFile.objects.all().delete()
    with in_tenant(anna.tenant):
        made, changed, deleted = LedgerEntry.objects.filter(table_name="foundation_storedfile").order_by("id")
    assert (made.kind, made.action, made.actor_id, made.after["name"]) == (
        "i",
        "test.keep",
        anna.user.pk,
        "hers.csv",
    )
    assert (changed.kind, changed.before, changed.after) == (
        "u",
        {"name": "hers.csv"},
        {"name": "renamed.csv"},
    )
    assert (deleted.kind, deleted.action, deleted.before["name"]) == ("d", "test.discard", "renamed.csv")


def test_a_change_that_changes_nothing_leaves_no_trace(files, anna):
    with in_tenant(anna.tenant):
        StoredFile.objects.update(name="hers.csv")
        assert not LedgerEntry.objects.filter(kind="u").exists()


def test_a_rollback_takes_the_ledger_row_with_it(anna):
    with pytest.raises(ZeroDivisionError), in_tenant(anna.tenant):
        StoredFile.objects.create(tenant=anna.tenant, name="gone", size=1, sha256="", key="k")
        raise ZeroDivisionError
    with in_tenant(anna.tenant):
        assert not LedgerEntry.objects.filter(table_name="foundation_storedfile").exists()


def test_the_ledger_of_another_tenant_is_invisible(files, anna, chiara):
    with in_tenant(chiara.tenant):
        assert {entry.tenant_id for entry in LedgerEntry.objects.all()} == {chiara.tenant.pk}
        assert raw("SELECT DISTINCT tenant_id FROM foundation_ledgerentry") == [(chiara.tenant.pk,)]


def test_nobody_on_the_way_keeps_a_page_of_a_tenant(anna):
    assert anna.get("/profile/")["Cache-Control"] == "private, no-cache"
    assert "public" in anna.get("/trust/")["Cache-Control"]
