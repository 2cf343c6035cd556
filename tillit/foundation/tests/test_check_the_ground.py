"""The system looks at itself: who is kept apart from whom, what is written down, which way rows travel."""

from contextlib import contextmanager

import psycopg
import pytest
from django.utils import translation

from tillit.foundation.checks import known_checks, perform, tell
from tillit.foundation.models import User

GROUND = ("row-level-security", "ledger", "application-role", "database-way", "passwords")
TABLE = "imports_rejectedrow"


@pytest.fixture
def broken(cluster):
    """As the owner of the tables, outside every transaction of the application; mended afterwards."""

    @contextmanager
    def doing(statement, backwards):
        with psycopg.connect(cluster.dsn("tillit_owner", "owner", "tillit"), autocommit=True) as owner:
            owner.execute("SET lock_timeout = '5s'")
            owner.execute(statement)
            try:
                yield
            finally:
                owner.execute(backwards)

    return doing


@pytest.mark.parametrize("name", GROUND)
def test_a_healthy_installation_passes(anna, name):
    found = perform(name)
    assert found.ok, str(found)
    assert name in known_checks()


@pytest.mark.parametrize(
    ("statement", "backwards"),
    [
        (f"ALTER TABLE {TABLE} NO FORCE ROW LEVEL SECURITY", f"ALTER TABLE {TABLE} FORCE ROW LEVEL SECURITY"),
        (f"ALTER TABLE {TABLE} DISABLE ROW LEVEL SECURITY", f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY"),
        (
            f"ALTER POLICY one_tenant ON {TABLE} RENAME TO everybody",
            f"ALTER POLICY everybody ON {TABLE} RENAME TO one_tenant",
        ),
    ],
)
def test_a_table_on_which_tenants_are_not_kept_apart_is_named(db, broken, statement, backwards):
    with broken(statement, backwards):
        found = perform("row-level-security")
    assert not found.ok
    assert str(found) == f"Row-level security is not forced on {TABLE}."
    assert perform("row-level-security").ok


def test_a_careless_table_that_no_model_stands_for_is_named(db, broken):
    with broken("CREATE TABLE careless (tenant_id bigint NOT NULL)", "DROP TABLE careless"):
        assert perform("row-level-security").figures == {"tables": "careless"}


def test_a_table_whose_changes_are_not_written_down_is_named(db, broken):
    name = "tenants_invitation"
    with broken(
        f"ALTER TABLE {name} DISABLE TRIGGER ledger_changed", f"ALTER TABLE {name} ENABLE TRIGGER ledger_changed"
    ):
        assert str(perform("ledger")) == f"Changes are not written down for {name}."
    with broken(f"GRANT DELETE ON {TABLE} TO tillit_app", f"REVOKE DELETE ON {TABLE} FROM tillit_app"):
        assert str(perform("ledger")) == f"The application could change what is written in {TABLE}."
    assert perform("ledger").ok


def test_a_password_kept_in_another_way_is_counted_and_not_shown(anna):
    User.objects.filter(pk=anna.user.pk).update(password="pbkdf2_sha256$1$salt$hash")
    assert perform("passwords").figures == {"unsafe": 1, "all": 1}
    assert not perform("passwords").ok


@pytest.mark.parametrize(
    ("host", "https", "ok"),
    [
        ("localhost:8000", False, True),
        ("crm.localhost", False, True),
        ("127.0.0.1:8000", False, True),
        ("cloud.example", False, False),
        ("cloud.example", True, True),
    ],
)
def test_pages_without_encryption_are_for_the_same_machine_only(settings, host, https, ok):
    settings.BASE_HOST, settings.HTTPS, settings.SECURE_HSTS_SECONDS = host, https, 31536000 if https else 0
    assert perform("transport-encryption").ok is ok


def test_a_finding_is_told_in_the_readers_language(db):
    found = perform("row-level-security")
    told = set()
    for language in ("en", "de", "nb"):
        with translation.override(language):
            told.add(tell(found.sentence, found.figures))
    assert len(told) == 3


def test_a_sentence_of_an_earlier_release_is_still_told():
    assert tell("Nobody says this today: %(gone)s", {}) == "Nobody says this today: %(gone)s"


def test_a_check_that_nobody_declares_cannot_be_asked(db):
    with pytest.raises(LookupError):
        perform("all-is-well")
