"""Connections of a release that runs go on with the plans they have kept while the next release migrates."""

import psycopg
import pytest
from django.db import connections
from django.utils import timezone
from django_scopes import scope
from psycopg import sql

from tillit.crm.lists import PERSONS, Criteria
from tillit.crm.queries import rows_of
from tillit.foundation.database import OWN, SQL
from tillit.foundation.models import Tenant
from tillit.site.bench.data import PERSON as COLUMNS
from tillit.site.bench.data import copy_rows
from tillit.site.settings import APPLICATION
from tillit.tenants.backend import PERSON
from tillit.tenants.queries import _BEARER
from tillit.trust.proof.models.checks import LAST_TWO_OF_EACH, NEWEST_OF_EACH

WIDENED = ("crm_person", "foundation_user", "foundation_membership", "proof_checkrun", "proof_canary")
OPERATOR = 1


@pytest.fixture
def owner(db, cluster):
    with psycopg.connect(cluster.dsn("tillit_owner", "owner", "tillit"), autocommit=True) as owner:
        owner.execute("SET lock_timeout = '5s'")
        yield owner


@pytest.fixture
def mette(db, cluster):
    """A person of the operator's that is there for every connection, and leaves no trace in the ledger."""
    with psycopg.connect(cluster.admin_dsn("tillit"), autocommit=True) as admin:
        admin.execute("SET session_replication_role = replica")
        copy_rows(
            admin,
            "crm_person",
            OPERATOR,
            COLUMNS,
            [[None if name == "company_id" else "Moe" * (name == "last_name") for name in COLUMNS]],
        )
        yield
        admin.execute("DELETE FROM crm_person")


@pytest.fixture
def worker(db):
    """A connection as those of another process: outside the test's transaction."""
    other = connections.create_connection("default")
    yield Worker(other)
    other.close()


class Worker:
    def __init__(self, connection):
        self.connection = connection

    def ask(self, statement, values, *, of=OPERATOR):
        with self.connection.cursor() as cursor, self.connection.connection.transaction():
            cursor.execute("SELECT set_config('tillit.tenant', %s, true)", [str(of)])
            cursor.execute(statement, values)
            return cursor.fetchall()

    def kept(self):
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT generic_plans FROM pg_prepared_statements WHERE statement !~ 'set_config'", [])
            return [times for (times,) in cursor.fetchall()]


def statements():
    """What nearly every request asks, as it is asked, and what is written by hand; with values."""
    criteria = Criteria.read(PERSONS, {})
    with scope(tenant=Tenant(pk=OPERATOR)):
        rows = rows_of(criteria).order_by(*criteria.order.by()).values("id", "last_name")
        return [
            rows[:51].query.sql_with_params(),
            (PERSON, [OPERATOR]),
            (_BEARER, [OPERATOR, "digest", timezone.now()]),
            (NEWEST_OF_EACH, [["ledger"]]),
            (LAST_TWO_OF_EACH, [["sessions"]]),
        ]


def test_added_columns_and_indexes_do_not_disturb_a_release_that_runs(owner, mette, worker):
    before = [[worker.ask(*asked) for asked in statements()] for _ in range(2 * APPLICATION["prepare_threshold"] + 2)]
    assert len(worker.kept()) == len(statements()) and any(worker.kept())
    try:
        for table in map(sql.Identifier, WIDENED):
            owner.execute(sql.SQL("ALTER TABLE {} ADD COLUMN added text DEFAULT '' NOT NULL").format(table))
        owner.execute("CREATE INDEX added_by_migration ON crm_person (tenant_id, added, sort_name, id)")
        assert [worker.ask(*asked) for asked in statements()] == before[0]
        assert len(worker.kept()) == len(statements())
    finally:
        for table in map(sql.Identifier, WIDENED):
            owner.execute(sql.SQL("ALTER TABLE {} DROP COLUMN IF EXISTS added").format(table))
    assert [worker.ask(*asked) for asked in statements()] == before[0]


def test_policies_and_functions_made_anew_count_for_plans_that_are_kept(owner, mette, worker):
    asked = statements()[0]
    names = [[name for _id, name in worker.ask(*asked)] for _ in range(2 * APPLICATION["prepare_threshold"] + 2)]
    assert names[-1] == ["Moe"] and any(worker.kept())
    policy = sql.SQL("CREATE POLICY one_tenant ON crm_person USING ({}) WITH CHECK ({})").format(OWN, OWN)
    try:
        owner.execute("ALTER POLICY one_tenant ON crm_person USING (false)")
        assert worker.ask(*asked) == []
    finally:
        with owner.transaction():
            owner.execute("DROP POLICY one_tenant ON crm_person")
            owner.execute(policy)
            owner.execute((SQL / "fold.sql").read_text())
    assert len(worker.ask(*asked)) == 1
    assert worker.ask(*asked, of=OPERATOR + 1) == []
    assert len(worker.kept()) == 1
