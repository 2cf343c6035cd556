"""A backup counts once it was restored and every row and file compared; one that was not is red."""

import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import psycopg
import pytest
import time_machine
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tillit.foundation.checks import perform
from tillit.foundation.holdings import holding
from tillit.site import backup
from tillit.site.backup import Failed, back_up, newest
from tillit.site.nightly import due_at
from tillit.site.postgres import Cluster
from tillit.site.provision import provision

CONTENT = b"Name\nFjordlys\n"
NOON = datetime(2030, 3, 4, 12, 0, tzinfo=UTC)
STRUCTURE = """
    CREATE TABLE company (id bigint PRIMARY KEY, name text, at timestamptz DEFAULT now(), more jsonb);
    INSERT INTO company (id, name, more)
        SELECT n, 'Company ' || n, jsonb_build_object('n', n) FROM generate_series(1, 500) n;
    CREATE TABLE foundation_storedfile (key text, sha256 text);
    CREATE TABLE agreements_sealeddocument (sha256 text);
    ALTER TABLE company ENABLE ROW LEVEL SECURITY;
    ALTER TABLE company FORCE ROW LEVEL SECURITY;
    CREATE POLICY nobody ON company USING (false)"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    made = Cluster(tmp_path_factory.mktemp("backup") / "postgres", durable=False)
    made.start()
    provision(made.admin_dsn(), "tillit", owner_password="owner", app_password="app")
    with psycopg.connect(made.dsn("tillit_owner", "owner", "tillit")) as owner:
        owner.execute(STRUCTURE)
    yield made
    made.stop()


@pytest.fixture
def data(server, tmp_path):
    """A data folder with one customer's file, of which the database knows the hash."""
    place = tmp_path / "files" / "7"
    place.mkdir(parents=True)
    (place / "abc").write_bytes(CONTENT)
    with psycopg.connect(server.admin_dsn("tillit")) as admin:
        admin.execute("TRUNCATE foundation_storedfile, agreements_sealeddocument")
        admin.execute("INSERT INTO foundation_storedfile VALUES ('7/abc', %s)", [sha256(CONTENT).hexdigest()])
    return tmp_path


def databases(server):
    with psycopg.connect(server.admin_dsn()) as admin:
        return {name for (name,) in admin.execute("SELECT datname FROM pg_database").fetchall()}


def test_a_backup_is_restored_and_every_row_compared(server, data, monkeypatch):
    before, asked = databases(server), conninfo_to_dict(server.admin_dsn("tillit"))
    with monkeypatch.context() as environment:
        environment.setenv("PGPASSWORD", str(asked.pop("password")))
        proof = back_up(data, make_conninfo("", **asked))
    assert (proof["ok"], proof["tables"], proof["rows"], proof["files"]) == (True, 3, 501, 1)
    assert newest(data) == proof
    assert databases(server) == before, "what it was tried in is gone"
    kept = sorted(path.name.split(".", 1)[1] for path in (data / "backups").iterdir())
    assert kept == ["dump", "files.tar", "json"]
    assert all(path.stat().st_mode & 0o077 == 0 for path in (data / "backups").iterdir()), "nobody else may read them"


def test_a_dump_that_lost_a_row_does_not_count(server, data, monkeypatch):
    """Somebody takes a row away between the restoring and the comparing."""
    real = backup._compare

    def robbed(dsn, marks):
        with psycopg.connect(dsn) as there:
            there.execute("DELETE FROM company WHERE id = 42")
        real(dsn, marks)

    monkeypatch.setattr(backup, "_compare", robbed)
    with pytest.raises(Failed, match="restored tables differ: company"):
        back_up(data, server.admin_dsn("tillit"))
    assert (newest(data)["ok"], newest(data)["step"]) == (False, "compare")
    assert not list((data / "backups").glob("*.dump*"))


def test_a_file_that_is_not_what_was_uploaded_is_found(server, data):
    (data / "files" / "7" / "abc").write_bytes(b"Something else\n")
    with pytest.raises(Failed, match="7/abc"):
        back_up(data, server.admin_dsn("tillit"))
    assert newest(data)["step"] == "files"


def test_a_file_that_is_missing_is_found_unless_it_was_deleted_meanwhile(server, data, monkeypatch):
    with psycopg.connect(server.admin_dsn("tillit")) as admin:
        admin.execute("INSERT INTO foundation_storedfile VALUES ('7/lost', 'a')")
        admin.execute("INSERT INTO agreements_sealeddocument VALUES ('abcd')")
    with pytest.raises(Failed, match="2 files are missing, the first is agreements/ab/abcd"):
        back_up(data, server.admin_dsn("tillit"))
    real = backup._pack

    def packed(*places):
        with psycopg.connect(server.admin_dsn("tillit")) as admin:
            admin.execute("DELETE FROM foundation_storedfile WHERE key = '7/lost'")
            admin.execute("TRUNCATE agreements_sealeddocument")
        return real(*places)

    monkeypatch.setattr(backup, "_pack", packed)
    assert back_up(data, server.admin_dsn("tillit"))["ok"]


def test_what_a_killed_backup_left_behind_is_removed(server, data):
    (data / "backups").mkdir()
    (data / "backups" / "backup-20300101T000000Z.dump.part").write_bytes(b"half")
    with psycopg.connect(server.admin_dsn(), autocommit=True) as admin:
        admin.execute("CREATE DATABASE tillit_drill_old")
    back_up(data, server.admin_dsn("tillit"))
    assert "tillit_drill_old" not in databases(server)
    assert not list((data / "backups").glob("*.part"))


def test_a_server_that_cannot_be_reached_is_said(tmp_path):
    with pytest.raises(Failed, match="at the step «dump»"):
        back_up(tmp_path, f"postgresql://postgres:secret@/tillit?host={tmp_path}")
    assert newest(tmp_path)["ok"] is False
    assert "secret" not in (next((tmp_path / "backups").glob("*.json"))).read_text()


@pytest.mark.parametrize(
    ("said", "ok", "sentence"),
    [
        (None, False, "No backup has been made yet."),
        ({"ok": True, "tables": 60, "rows": 4000}, True, "restored and compared: 4,000 rows in 60 tables."),
        ({"ok": False, "step": "restore"}, False, "could not be relied on (restore)."),
    ],
)
def test_the_check_reads_the_last_proof(settings, tmp_path, said, ok, sentence):
    settings.DATA = tmp_path
    (tmp_path / "backups").mkdir()
    if said:
        (tmp_path / "backups" / "backup-20300304T030000Z.json").write_text(json.dumps({"at": NOON.isoformat(), **said}))
    with time_machine.travel(NOON + timedelta(days=6)):
        assert perform("backup").ok is ok
        assert sentence in str(perform("backup"))


def test_a_backup_that_was_not_tried_for_a_week_is_red(settings, tmp_path):
    settings.DATA = tmp_path
    (tmp_path / "backups").mkdir()
    said = {"at": NOON.isoformat(), "ok": True, "tables": 60, "rows": 4000}
    (tmp_path / "backups" / "backup-20300304T120000Z.json").write_text(json.dumps(said))
    with time_machine.travel(NOON + timedelta(days=7, minutes=1)):
        assert not perform("backup").ok


def test_old_backups_go_by_the_rule_and_the_newest_stays(settings, tmp_path, operator):
    settings.DATA = tmp_path
    folder = tmp_path / "backups"
    folder.mkdir()
    for day in ("01", "02", "03"):
        for ending in ("dump", "files.tar", "json"):
            (folder / f"backup-203003{day}T030000Z.{ending}").write_bytes(b"{}")
    backups = holding("backups")
    assert backups.purge(datetime(2030, 3, 2, 4, tzinfo=UTC)) == 2
    assert {path.name for path in folder.iterdir()} == {
        f"backup-20300303T030000Z.{ending}" for ending in ("dump", "files.tar", "json")
    }
    assert backups.purge(NOON) == 0, "the last one is all there is"
    with time_machine.travel(NOON, tick=False):
        key = backups.plant(operator.actor)
        backups.use(key)
        backups.purge(NOON)
        assert backups.exists(key)
        backups.purge(NOON + timedelta(seconds=1))
        assert not backups.exists(key)


@pytest.mark.parametrize(
    ("last", "due"),
    [
        (None, NOON + timedelta(minutes=10)),
        (NOON - timedelta(days=3), NOON + timedelta(minutes=10)),
        (NOON - timedelta(hours=8), datetime(2030, 3, 5, 3, 20, tzinfo=UTC)),
        (NOON - timedelta(hours=9), NOON + timedelta(minutes=10)),  # of yesterday: last night's was interrupted
    ],
)
def test_the_next_backup_is_at_night_or_soon_when_one_was_missed(last, due):
    assert due_at(NOON, last) == due
