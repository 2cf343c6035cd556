"""The roles may do what they are for, and nothing else."""

import psycopg
import pytest
from psycopg import errors

from tillit.site.postgres import Cluster
from tillit.site.problems import Problem
from tillit.site.provision import provision

PASSWORDS = {"owner_password": "an owner's secret", "app_password": "an application's secret"}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    cluster = Cluster(tmp_path_factory.mktemp("server") / "postgres", durable=False)
    cluster.start()
    assert provision(cluster.admin_dsn(), "tillit", **PASSWORDS) is True
    yield cluster
    cluster.stop()


@pytest.fixture
def owner(server):
    with psycopg.connect(server.dsn("tillit_owner", PASSWORDS["owner_password"], "tillit")) as connection:
        yield connection


@pytest.fixture
def app(server):
    with psycopg.connect(server.dsn("tillit_app", PASSWORDS["app_password"], "tillit")) as connection:
        yield connection


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (id int)",
        "CREATE SCHEMA mine",
        "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE EXTENSION hstore",
        "CREATE ROLE mine",
        "CREATE DATABASE mine",
        "SET ROLE tillit_owner",
        "ALTER ROLE tillit_app BYPASSRLS",
    ],
)
def test_the_application_may_not_change_the_structure(app, statement):
    app.autocommit = True
    with pytest.raises(errors.InsufficientPrivilege):
        app.execute(statement)


@pytest.mark.parametrize("role", ["tillit_app", "tillit_owner"])
def test_neither_role_stands_above_row_level_security(server, role):
    with psycopg.connect(server.admin_dsn()) as admin:
        found = admin.execute(
            "SELECT rolcanlogin, rolsuper, rolbypassrls, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = %s",
            [role],
        ).fetchone()
    assert found == (True, False, False, False, False)


def test_the_application_reads_and_writes_the_rows_of_what_the_owner_makes(owner, app):
    owner.execute("CREATE TABLE noun (id bigint GENERATED ALWAYS AS IDENTITY, serial bigserial, name text)")
    owner.commit()
    app.execute("INSERT INTO noun (name) VALUES ('Fjordlys')")
    app.execute("UPDATE noun SET name = upper(name)")
    assert app.execute("SELECT name FROM noun").fetchone() == ("FJORDLYS",)
    app.execute("DELETE FROM noun")
    with pytest.raises(errors.InsufficientPrivilege):
        app.execute("TRUNCATE noun")


def test_search_uses_its_index_under_row_level_security(owner, app):
    owner.execute("CREATE TABLE searched (tenant_id bigint, name text)")
    owner.execute("INSERT INTO searched SELECT n % 50, md5(n::text) FROM generate_series(1, 20000) AS n")
    owner.execute("CREATE INDEX by_name ON searched USING gin (tenant_id, name gin_trgm_ops)")
    owner.execute("ALTER TABLE searched ENABLE ROW LEVEL SECURITY")
    owner.execute("CREATE POLICY one ON searched USING (tenant_id = current_setting('test.tenant')::bigint)")
    owner.execute("ANALYZE searched")
    owner.commit()
    app.execute("SET test.tenant = '7'")
    for condition in ("name ILIKE '%abcde%'", "name LIKE '%abcde%'", "'abcde' <% name", "name % 'abcde'"):
        plan = app.execute(f"EXPLAIN SELECT * FROM searched WHERE {condition}").fetchall()
        assert any("Index Cond: ((tenant_id" in line and "AND (name" in line for (line,) in plan), plan


def test_doing_it_again_changes_nothing_and_mends_a_lost_password(server):
    with psycopg.connect(server.admin_dsn(), autocommit=True) as admin:
        admin.execute("ALTER ROLE tillit_app PASSWORD 'somebody changed it'")
    assert provision(server.admin_dsn(), "tillit", **PASSWORDS) is False
    psycopg.connect(server.dsn("tillit_app", PASSWORDS["app_password"], "tillit")).close()


def test_an_administrator_without_superuser_rights_suffices(server):
    with psycopg.connect(server.admin_dsn(), autocommit=True) as admin:
        admin.execute("CREATE ROLE manager LOGIN CREATEROLE CREATEDB PASSWORD 'secret'")
        admin.execute("GRANT tillit_owner, tillit_app TO manager WITH ADMIN OPTION")
    assert provision(server.dsn("manager", "secret", "postgres"), "managed", **PASSWORDS) is True
    with psycopg.connect(server.dsn("tillit_app", PASSWORDS["app_password"], "managed")) as app:
        assert app.execute("SELECT similarity('Tillit', 'tilit') > 0.3").fetchone() == (True,)


def test_an_administrator_who_may_too_little_is_told_what_to_grant(server):
    with psycopg.connect(server.admin_dsn(), autocommit=True) as admin:
        admin.execute("CREATE ROLE visitor LOGIN PASSWORD 'secret'")
    with pytest.raises(Problem, match=r"visitor may not .* ALTER ROLE visitor CREATEROLE CREATEDB"):
        provision(server.dsn("visitor", "secret", "postgres"), "elsewhere", **PASSWORDS)


def test_a_server_that_is_not_there_is_told_in_a_sentence():
    with pytest.raises(Problem, match=r"The database server cannot be used: .*"):
        provision("postgresql://admin@127.0.0.1:1/postgres", "tillit", **PASSWORDS)
