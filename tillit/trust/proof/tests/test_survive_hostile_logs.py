"""Whoever is being checked may answer anything; the verifier names it, and neither breaks nor obeys."""

import argparse
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tillit.site.commands import verify as command
from tillit.trust.proof import entries, merkle, notes
from tillit.trust.proof.verifying import LOG, verify

ORIGIN = "hostile.example/trust/log"
SALT = bytes(32)
DEEP = b"[" * 100_000


class Hostile:
    """A log of one entry, whose signature and tree are right; what else it says is the test's."""

    name = "https://hostile.example"

    def __init__(self, content, *, subject="processors/x", entry=None, pages=None):
        key = Ed25519PrivateKey.generate()
        said = {"format": entries.FORMAT, "at": "2026-01-01", "kind": "x", "subject": subject}
        said["hash"] = entries.content_hash(SALT, entries.canonical(content))
        leaf = entry or json.dumps(said).encode()
        text = notes.checkpoint_text(ORIGIN, 1, merkle.leaf_hash(leaf))
        told = {"contents": [{"index": 0, "salt": SALT.hex(), "content": content}]}
        self.pages = {
            f"{LOG}checkpoint": f"{text}\n{notes.sign(text, ORIGIN, key)}\n".encode(),
            f"{LOG}key": str(notes.VerifierKey.of(ORIGIN, key)).encode(),
            f"{LOG}tile/entries/000.p/1": len(leaf).to_bytes(2, "big") + leaf,
            f"{LOG}tile/0/000.p/1": merkle.leaf_hash(leaf),
            f"{LOG}contents/0.json": json.dumps(told).encode(),
            "/trust/register.json": b'{"subjects": {}}',
        } | (pages or {})

    def get(self, path):
        return self.pages.get(path)


def problems(**said):
    report, _after = verify(Hostile(said.pop("content", {"a": 1}), **said))
    return [problem.text for problem in report.problems]


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ({"entry": DEEP[:60_000]}, "entry 0 cannot be read"),
        ({"pages": {f"{LOG}contents/0.json": DEEP}}, "its content is missing"),
        ({"pages": {"/trust/register.json": DEEP}}, "/trust/register.json is missing"),
        ({"pages": {"/trust/register.json": b'{"subjects": 5}'}}, "/trust/register.json cannot be compared"),
        ({"pages": {"/trust/register.json": b'{"subjects": [1]}'}}, "/trust/register.json cannot be compared"),
        ({"content": {"versions": [1]}}, "/trust/register.json cannot be compared"),
        ({"content": {"versions": [{"ended_at": "soon"}]}}, "/trust/register.json cannot be compared"),
        ({"content": {"versions": [{"ended_at": "2099-01-01"}]}}, "/trust/register.json cannot be compared"),
        ({"pages": {"/trust/processors.json": b'{"processors": [1]}'}}, "/trust/processors.json cannot be compared"),
        ({"pages": {"/trust/maintenance.json": b'{"windows": 5}'}}, "/trust/maintenance.json cannot be compared"),
    ],
)
def test_an_answer_that_is_built_differently_is_named(said, named):
    assert any(named in problem for problem in problems(**said))


def test_keys_that_are_none_are_not_remembered():
    _report, after = verify(Hostile({"keys": 5}, subject="log/key"))
    assert len(after.keys) == 1
    _report, after = verify(Hostile({"keys": [{}]}, subject="log/key"))
    assert len(after.keys) == 1


def test_what_a_log_says_does_not_steer_the_terminal(monkeypatch, capsys):
    hostile = Hostile({"a": 1}, subject="processors/\x1b]0;mine\x07", pages={f"{LOG}contents/0.json": b"{}"})
    monkeypatch.setattr(command, "Site", lambda _place: hostile)
    options = argparse.Namespace(place=hostile.name, state=None, save=None, witness=[], json=False)
    assert command.run(options) == command.WRONG
    shown = capsys.readouterr().out
    assert "its content is missing" in shown
    assert "\x1b" not in shown
