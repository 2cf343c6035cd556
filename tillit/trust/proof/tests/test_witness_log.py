"""Two Tillits watch each other's logs: what continues is cosigned, what contradicts itself is told and kept."""

from __future__ import annotations

import functools
import http.server
import json
import threading

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.exceptions import PermissionDenied

from tillit.foundation.errors import Refused
from tillit.foundation.testing import happened, run_jobs
from tillit.trust.proof import merkle, notes
from tillit.trust.proof.actions.witness import know_witness, take_cosignatures
from tillit.trust.proof.fetching import Unreachable
from tillit.trust.proof.models.log import Checkpoint
from tillit.trust.proof.models.witness import SplitView, WatchedLog
from tillit.trust.proof.queries.witness import address_of
from tillit.trust.proof.tiles import tile_path, tiles_of
from tillit.trust.proof.watching import watch

pytestmark = pytest.mark.django_db
ORIGIN = "other.example/trust/log"
WITNESS = "witness.example/w1"


class OtherLog:
    """Another installation's log, as files on a web server of its own."""

    def __init__(self, folder):
        self.folder = folder
        self.key = Ed25519PrivateKey.generate()
        self.write("key", f"{notes.VerifierKey.of(ORIGIN, self.key)}\n".encode())

    def write(self, path, content):
        target = self.folder / "trust" / "log" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)

    def show(self, entries):
        leaves = [merkle.leaf_hash(entry.encode()) for entry in entries]
        rows = {0: leaves}
        for level, index, width in tiles_of(len(leaves)):
            if level not in rows:
                below = rows[level - 1]
                rows[level] = [merkle.fold(below[at : at + 256]) for at in range(0, len(below) - len(below) % 256, 256)]
            self.write(tile_path(level, index, width), b"".join(rows[level][index * 256 : index * 256 + width]))
        root = merkle.root_of(len(leaves), lambda level, at: merkle.fold(leaves[at << level : (at + 1) << level]))
        text = notes.checkpoint_text(ORIGIN, len(leaves), root)
        self.write("checkpoint", f"{text}\n{notes.sign(text, ORIGIN, self.key)}\n".encode())


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_arguments):
        pass


@pytest.fixture
def other(tmp_path):
    return OtherLog(tmp_path)


@pytest.fixture
def address(tmp_path):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(tmp_path)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def numbered(count, prefix="entry"):
    return [f"{prefix} {n}" for n in range(count)]


def test_the_operator_cosigns_a_log_that_continues(other, address, operator, public):
    for count in (3, 3, 300, 700):
        other.show(numbered(count))
        done = watch(operator.actor, address)
        assert (done.contradiction, done.log.size) == ("", count)
    key = notes.VerifierKey.read(public.get("/trust/witness/key").content.decode())
    shown = public.get(f"/trust/witness/{address_of(ORIGIN)}")
    checkpoint = notes.read_checkpoint(shown.content)
    checkpoint.check(notes.VerifierKey.of(ORIGIN, other.key))
    assert (key.kind, checkpoint.size) == (notes.COSIGNATURE, 700)
    assert checkpoint.cosigned_at(key) is not None
    assert public.get(f"/trust/witness/{'0' * 64}").status_code == 404


@pytest.mark.parametrize(
    ("entries", "reason"),
    [
        (["another past", *numbered(299)], "a split view"),
        (["another past", *numbered(500)], "do not continue the 300"),
        (numbered(200), "shows 200 entries and had 300"),
    ],
)
def test_a_log_that_contradicts_itself_is_told_and_kept(other, address, operator, public, entries, reason):
    other.show(numbered(300))
    before = watch(operator.actor, address).log.note
    other.show(entries)
    for _again in range(2):
        assert reason in watch(operator.actor, address).contradiction
    assert WatchedLog.objects.get().note == before
    assert SplitView.objects.count() == 1
    assert happened("proof.split_view_found")
    told = json.loads(public.get(f"/trust/witness/{address_of(ORIGIN)}/evidence").content)["split_views"][0]
    for side in ("kept", "shown"):
        notes.read_checkpoint(told[side].encode()).check(notes.VerifierKey.of(ORIGIN, other.key))


def test_what_another_key_signed_is_no_evidence(other, address, operator):
    other.show(numbered(3))
    watch(operator.actor, address)
    other.key = Ed25519PrivateKey.generate()
    other.show(numbered(4, "stranger's"))
    with pytest.raises(Unreachable, match="is not signed by"):
        watch(operator.actor, address)
    assert not SplitView.objects.exists()


def test_only_the_operator_watches_logs(other, address, anna, operator):
    other.show(numbered(3))
    with pytest.raises(PermissionDenied):
        watch(anna.actor, address)
    assert not WatchedLog.objects.exists()


@pytest.fixture
def witness():
    return Ed25519PrivateKey.generate()


@pytest.fixture
def ours(says):
    """Our own log, with something in it."""
    says("")
    run_jobs()
    return Checkpoint.objects.first()


def cosigned(checkpoint, key, moment=1_790_000_000):
    text = notes.read_checkpoint(checkpoint.note.encode()).text
    return f"{text}\n{notes.cosign(text, WITNESS, key, moment)}\n".encode()


def send(person, body):
    return person.post("/trust/log/cosignatures", body, content_type="text/plain")


def test_a_known_witness_is_shown_with_the_checkpoint(ours, witness, operator, public):
    key = notes.VerifierKey.of(WITNESS, witness, notes.COSIGNATURE)
    know_witness(operator.actor, vkey=str(key))
    for _again in range(2):
        assert send(public, cosigned(ours, witness)).status_code == 204
    shown = notes.read_checkpoint(public.get("/trust/log/checkpoint").content)
    assert shown.cosigned_at(key) == 1_790_000_000
    assert len(shown.signatures) == 2
    assert WITNESS in public.get("/trust/log/").content.decode()


def test_nobody_else_gets_a_signature_onto_the_checkpoint(ours, witness, operator, public):
    stranger = Ed25519PrivateKey.generate()
    assert send(public, cosigned(ours, stranger)).status_code == 403
    know_witness(operator.actor, vkey=str(notes.VerifierKey.of(WITNESS, witness, notes.COSIGNATURE)))
    assert send(public, cosigned(ours, stranger)).status_code == 403
    changed = Checkpoint(size=ours.size, note=ours.note.replace("\n", "x\n", 1))
    assert send(public, cosigned(changed, witness)).status_code == 403
    forged = cosigned(ours, witness).replace(b"\n\n", b"\nmore\n\n")
    assert send(public, forged).status_code == 403
    assert send(public, b"x" * 20_000).status_code == 413
    assert send(public, b"\xff\n\n").status_code == 403
    assert public.get("/trust/log/cosignatures").status_code == 405
    assert len(notes.read_checkpoint(public.get("/trust/log/checkpoint").content).signatures) == 1


def test_nobody_keeps_us_busy_with_notes(public):
    answers = [send(public, b"no note") for _ in range(31)]
    assert {answer.status_code for answer in answers[:30]} == {403}
    assert answers[30].status_code == 429


def test_people_cannot_add_witnesses_or_cosignatures(ours, witness, anna, operator):
    with pytest.raises(PermissionDenied):
        know_witness(anna.actor, vkey="x")
    with pytest.raises(PermissionDenied):
        take_cosignatures(operator.actor, note=cosigned(ours, witness))
    with pytest.raises(Refused, match="no key of a witness"):
        know_witness(operator.actor, vkey="x")
    with pytest.raises(Refused, match="signs logs"):
        know_witness(operator.actor, vkey=str(notes.VerifierKey.of(WITNESS, witness)))
