"""Anybody checks the trust log from outside, and is told by name what somebody changed by hand."""

from __future__ import annotations

import json
import re
from pathlib import Path

import httpx
import psycopg
import pytest
from django.conf import settings
from django.core import signals
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, connection

from tillit.foundation.access import Actor
from tillit.foundation.events import record
from tillit.foundation.tenancy import in_tenant
from tillit.foundation.testing import run_jobs
from tillit.trust.actions.register import apply_register
from tillit.trust.proof import notes, remembering
from tillit.trust.proof.actions.log import LogDamaged, _Said, erase_content, log_event
from tillit.trust.proof.fetching import Folder, Saving, Site, Unreachable
from tillit.trust.proof.models.log import Checkpoint, LogContent, LogEntry, LogSubject
from tillit.trust.proof.verifying import verify
from tillit.trust.register import read_register

pytestmark = pytest.mark.django_db
SPOIL = "UPDATE proof_tile SET hashes = set_byte(hashes, 64, get_byte(hashes, 64) # 255) WHERE level = 0 AND index = 0"
SEED = (Path(__file__).parents[2] / "profiles" / "seed.toml").read_text()


@pytest.fixture(autouse=True)
def _one_connection():
    """Requests over real HTTP see the test's transaction; Django's own test client does the same."""
    for signal in (signals.request_started, signals.request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (signals.request_started, signals.request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def apply(operator_tenant):
    """Put a register into force and let the worker log it."""

    def put(text):
        apply_register(Actor.system(operator_tenant), register=read_register(text))
        run_jobs()

    return put


@pytest.fixture
def logged(apply):
    apply(SEED)


def site():
    """The running application, over HTTP, as anybody reaches it."""
    return Site(f"http://{settings.BASE_HOST}", httpx.WSGITransport(app=get_wsgi_application()))


def check(before=None):
    report, after = verify(site(), before)
    return [problem.text for problem in report.problems], after


@pytest.fixture
def by_hand(cluster):
    """As somebody with the owner's password changes rows: leaves and checkpoints, too, which the application cannot."""
    tables = "proof_logentry, proof_checkpoint"
    with psycopg.connect(cluster.dsn("tillit_owner", "owner", "tillit"), autocommit=True) as owner:
        owner.execute(f"GRANT UPDATE, DELETE ON {tables} TO tillit_app")
        yield run_sql
        owner.execute(f"REVOKE UPDATE, DELETE ON {tables} FROM tillit_app")


def run_sql(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        assert cursor.rowcount


def index_of(subject):
    return LogEntry.objects.filter(subject=subject).order_by("-index").first().index


def a_processor():
    """The slug and index of a processor of the seed."""
    entry = LogEntry.objects.filter(subject__startswith="processors/").order_by("index")[1]
    return entry.subject.partition("/")[2], entry.index


def test_a_stranger_finds_all_well(logged):
    report, after = verify(site())
    assert report.problems == []
    assert report.size == Checkpoint.objects.first().size > 50
    assert report.compared > 50
    assert after.keys[0].startswith(f"{settings.BASE_HOST}/trust/log+")
    assert verify(site(), after)[0].problems == []


def test_a_row_of_the_register_changed_by_hand_is_named(logged, by_hand):
    slug, _index = a_processor()
    by_hand("UPDATE trust_processor SET name = 'Somebody Else Ltd.' WHERE slug = %s", slug)
    problems, _after = check()
    sentence = f"processors/{slug}: name: the page says «Somebody Else Ltd.», the log says"
    assert any(text.startswith(sentence) for text in problems)
    assert {text.partition(":")[0] for text in problems} == {f"processors/{slug}"}


def test_a_processor_that_vanishes_or_appears_by_hand_is_named(logged, by_hand):
    slug, _index = a_processor()
    by_hand("UPDATE trust_processor SET ended_at = now() - interval '1 second' WHERE slug = %s", slug)
    assert check()[0] == [f"processors/{slug}: the log has it, and the page does not"]
    by_hand("UPDATE trust_processor SET ended_at = NULL, slug = 'quiet-helper' WHERE slug = %s", slug)
    problems, _after = check()
    assert "processors/quiet-helper: the page has it, and the log does not" in problems


def test_a_content_of_the_log_changed_by_hand_is_named(logged, by_hand):
    slug, index = a_processor()
    by_hand("UPDATE proof_logcontent SET text = replace(text, 'number', 'numbre') WHERE entry_id = %s", index)
    day = LogEntry.objects.get(index=index).at
    assert check()[0] == [f"entry {index} (processors/{slug}, {day:%Y-%m-%d}): content differs from its leaf"]
    by_hand("UPDATE proof_logcontent SET text = 'no JSON at all' WHERE entry_id = %s", index)
    assert check()[0] == [f"entry {index} (processors/{slug}, {day:%Y-%m-%d}): content differs from its leaf"]
    by_hand("DELETE FROM proof_logcontent WHERE entry_id = %s", index)
    assert check()[0] == [f"entry {index} (processors/{slug}, {day:%Y-%m-%d}): its content is missing"]


def test_content_and_leaf_changed_together_are_named(logged, by_hand):
    """Whoever makes hash and content fit again still has the tree against him."""
    slug, index = a_processor()
    by_hand("UPDATE proof_logcontent SET salt = '', text = '{}' WHERE entry_id = %s", index)
    by_hand("UPDATE proof_logentry SET hash = encode(sha256('{}'), 'hex') WHERE index = %s", index)
    assert any(f"entry {index} (processors/{slug}" in text and "differs from its hash" in text for text in check()[0])


@pytest.mark.parametrize(
    "change", ["subject = 'processors/other'", "kind = 'x'", "at = at + interval '1 day'", "hash = repeat('0', 64)"]
)
def test_a_leaf_changed_by_hand_is_named(logged, by_hand, change):
    _slug, index = a_processor()
    by_hand(f"UPDATE proof_logentry SET {change} WHERE index = %s", index)
    assert any(re.match(rf"entry {index} \(.*\) differs from its hash in the tree", text) for text in check()[0])


def test_a_deleted_leaf_is_named(logged, by_hand):
    _slug, index = a_processor()
    by_hand("DELETE FROM proof_logsubject WHERE newest_id = %s", index)
    by_hand("DELETE FROM proof_logcontent WHERE entry_id = %s", index)
    by_hand("DELETE FROM proof_logentry WHERE index = %s", index)
    problems, _after = check()
    assert f"entry {index} is missing" in problems
    assert not any(text.startswith("entry ") and f"entry {index} " not in text for text in problems)


def test_two_swapped_leaves_are_named(logged, by_hand):
    _slug, index = a_processor()
    other = index + 2
    by_hand("UPDATE proof_logentry SET event_id = NULL WHERE index IN (%s, %s)", index, other)
    by_hand(
        "UPDATE proof_logentry AS one SET kind = two.kind, subject = two.subject, at = two.at, hash = two.hash"
        " FROM proof_logentry AS two WHERE one.index IN (%s, %s) AND two.index IN (%s, %s) AND one.index <> two.index",
        *(index, other, index, other),
    )
    problems, _after = check()
    for here, there in ((index, other), (other, index)):
        found = rf"entry {here} \(.*\) stands in another place: the tree has it as entry {there}"
        assert any(re.match(found, text) for text in problems)


def test_a_truncated_log_is_named(logged, by_hand):
    _problems, before = check()
    last = Checkpoint.objects.first().size - 1
    by_hand("DELETE FROM proof_logsubject WHERE newest_id >= %s", last - 1)
    by_hand("DELETE FROM proof_logcontent WHERE entry_id >= %s", last - 1)
    by_hand("DELETE FROM proof_logentry WHERE index >= %s", last - 1)
    problems, _after = check(before)
    assert f"entry {last} is missing" in problems
    assert f"entry {last - 1} is missing" in problems


def test_a_log_made_anew_and_signed_again_is_seen_by_who_came_before(logged, by_hand, operator_tenant):
    """The operator itself, with the key, writes another past: only earlier visitors can know."""
    _problems, before = check()
    slug, index = a_processor()
    first = LogEntry.objects.exclude(event_id=None).first().event_id
    for table in ("logsubject", "loggedevent", "logcontent", "logentry", "tile", "checkpoint"):
        by_hand(f"DELETE FROM proof_{table}")
    by_hand("UPDATE trust_processor SET name = 'Nobody' WHERE slug = %s", slug)
    log_event(Actor.system(operator_tenant), event_id=first)
    problems, _after = check()
    assert problems == []  # a stranger sees nothing
    problems, kept = check(before)
    assert any("a split view" in text or "does not continue" in text or "shorter" in text for text in problems)
    assert any(text.startswith(f"entry {index} (processors/{slug}") for text in problems)
    assert kept == before


def test_a_tile_changed_by_hand_is_named(logged, by_hand):
    by_hand(SPOIL)
    problems, _after = check()
    assert any(text.startswith("entry 2 (") for text in problems)
    assert any("the tiles were changed" in text for text in problems)


def test_another_signature_is_refused(logged, by_hand):
    """Somebody changes the signed size, or signs with another key."""
    newest = Checkpoint.objects.first()
    by_hand("UPDATE proof_checkpoint SET note = replace(note, %s, %s)", f"\n{newest.size}\n", f"\n{newest.size - 1}\n")
    assert any("does not fit the checkpoint" in text for text in check()[0])


def test_nothing_is_added_to_a_log_that_was_changed(logged, by_hand, operator_tenant):
    by_hand(SPOIL)
    before = Checkpoint.objects.first().size
    apply_register(Actor.system(operator_tenant), register=read_register(SEED.replace("Mailgun", "Nobody")))
    with pytest.raises(LogDamaged):
        run_jobs()
    assert Checkpoint.objects.first().size == before


def test_erased_content_leaves_the_tree_whole(logged, operator, anna):
    slug, index = a_processor()
    with pytest.raises(Exception, match=r"proof\.keep_log"):
        erase_content(anna.actor, index=index)
    erase_content(operator.actor, index=index)
    assert LogContent.objects.get(entry_id=index).text == ""
    report, _after = verify(site())
    assert report.problems == []
    assert report.erased == 1
    assert slug not in site().get(f"/trust/log/content/{index}.json").decode()


def test_only_what_changed_is_logged(logged, apply):
    size = Checkpoint.objects.first().size
    apply(SEED)
    assert Checkpoint.objects.first().size == size
    apply(SEED.replace('slug = "mailgun"\nname = "Mailgun', 'slug = "mailgun"\nname = "Mailgun (renamed)', 1))
    added = LogEntry.objects.filter(index__gte=size)
    assert [entry.subject for entry in added] == ["processors/mailgun"]
    assert check()[0] == []


def test_what_hangs_on_an_entry_is_a_subject_of_its_own(logged, apply):
    """The register's list of agreements says nothing about their versions, which another room publishes."""
    said = _Said()
    said.new["agreements/dpa/2"] = "{}"
    assert said.changes([{"subject": "agreements/*", "content": {}}]).keys() >= {"agreements/supplier-code-of-conduct"}
    assert said.new["agreements/dpa/2"] == "{}"


def test_an_event_is_logged_once_however_often_the_job_runs(logged, operator_tenant):
    entry = LogEntry.objects.exclude(event_id=None).last()
    assert log_event(Actor.system(operator_tenant), event_id=entry.event_id) == []


def test_all_that_waits_is_logged_in_the_order_of_the_events_and_signed_once(logged, operator_tenant):
    before = Checkpoint.objects.count()
    for name in ("One", "Two", "Three"):
        apply_register(Actor.system(operator_tenant), register=read_register(SEED.replace("Mailgun Inc.", name)))
    run_jobs()
    added = LogEntry.objects.filter(subject="processors/mailgun").order_by("index")[1:]
    assert [entry.event_id for entry in added] == sorted(entry.event_id for entry in added)
    assert json.loads(list(added)[-1].content.text)["versions"][-1]["says"]["name"] == "Three"
    assert Checkpoint.objects.count() == before + 1
    assert check()[0] == []


def test_what_changes_twice_before_it_is_logged_stands_as_it_was_last(logged, operator_tenant):
    with in_tenant(operator_tenant):
        for name in ("check_failed", "check_recovered"):
            record(Actor.system(operator_tenant), f"proof.{name}", operator_tenant, check="mail")
    run_jobs()
    told = LogEntry.objects.filter(subject="checks/mail").order_by("index")
    assert [json.loads(entry.content.text)["ok"] for entry in told] == [False, True]
    assert LogSubject.objects.get(name="checks/mail").newest == told.last()


def test_the_application_cannot_change_what_is_logged(logged):
    for statement in ("UPDATE proof_logentry SET kind = 'x'", "DELETE FROM proof_checkpoint"):
        with pytest.raises(Exception, match="permission denied"), connection.cursor() as cursor:
            cursor.execute("SAVEPOINT here")
            try:
                cursor.execute(statement)
            finally:
                cursor.execute("ROLLBACK TO here")


def test_a_saved_log_is_checked_without_a_network(logged, tmp_path):
    online, _after = verify(Saving(site(), tmp_path))
    offline, _after = verify(Folder(tmp_path))
    assert (offline.root, offline.problems) == (online.root, [])
    bundle = next((tmp_path / "trust/log/tile/entries").glob("000*/*"), None) or tmp_path / "trust/log/tile/entries/000"
    bundle.write_bytes(bundle.read_bytes().replace(b"processors/mailgun", b"processors/mailgum"))
    changed, _after = verify(Folder(tmp_path))
    assert any("(processors/mailgum" in problem.text for problem in changed.problems)
    (tmp_path / "trust" / "register.json").unlink()
    assert any("register.json is missing" in problem.text for problem in verify(Folder(tmp_path))[0].problems)
    with pytest.raises(Unreachable):
        verify(Folder(tmp_path / "trust"))


def test_a_visit_is_remembered(logged, tmp_path):
    path = tmp_path / "state.json"
    assert remembering.read(path) is None
    _report, after = verify(site())
    remembering.write(path, after)
    assert remembering.read(path) == after
    path.write_text("{}")
    with pytest.raises(Unreachable, match="remove it to begin anew"):
        remembering.read(path)


def test_nothing_there_is_no_log(operator_tenant):
    with pytest.raises(Unreachable, match="has no trust log"):
        verify(site())


def test_a_second_key_signs_beside_the_first_and_the_log_says_so(logged, apply):
    _problems, before = check()
    folder = Path(settings.DATA) / "keys"
    try:
        (folder / "log.pem").rename(folder / "log-old.pem")
        apply(SEED.replace('name = "Mailgun', 'name = "Mailgun (renamed)', 1))
        keys = site().get("/trust/log/key").decode().split()
        assert len(keys) == 2
        assert json.loads(LogContent.objects.get(entry_id=index_of("log/key")).text)["keys"] == keys
        problems, after = check(before)
        assert problems == []
        assert after.keys == keys
        (folder / "log-old.pem").unlink()
        apply(SEED)
        assert check(after)[0] == []
        assert any("is not signed by" in text for text in check(before)[0])  # who missed the change
    finally:
        (folder / "log-old.pem").unlink(missing_ok=True)


def test_the_key_lies_in_a_file_that_only_the_operator_reads(logged):
    path = Path(settings.DATA) / "keys" / "log.pem"
    assert path.stat().st_mode & 0o777 == 0o600
    assert notes.VerifierKey.read(site().get("/trust/log/key").decode()).name == f"{settings.BASE_HOST}/trust/log"
