"""A copy of the status page lies ready to be served from anywhere, signed, and never says more than it knows."""

import base64
import fcntl
import hashlib
import json
import os
import re
import stat
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from django.core.exceptions import PermissionDenied
from procrastinate.contrib.django import app

import tillit
from tillit.availability.actions.incidents import Said, open_incident
from tillit.availability.copies import folder
from tillit.availability.copies.actions import write_copy
from tillit.availability.copies.checks import status_copy
from tillit.foundation.checks import Undecided
from tillit.foundation.models import Tenant
from tillit.foundation.testing import public_of, queued, run_jobs
from tillit.trust.actions.register import apply_register
from tillit.trust.register import read_register

SEED = Path(tillit.__file__).parent / "trust" / "profiles" / "seed.toml"
RUNNING = Path(tillit.__file__).parents[1] / "docs" / "running.md"
NOON = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)


@pytest.fixture
def clock(time_machine):
    time_machine.move_to(NOON, tick=False)
    return time_machine


def read(name):
    return (folder.place() / name).read_bytes()


def test_strangers_check_the_signature_with_nothing_but_the_folder(plan, system, data, clock):
    number = write_copy(system)
    key = load_pem_public_key(read("key.pem"))
    key.verify(read("status.json.sig"), read("status.json"))
    with pytest.raises(InvalidSignature):
        key.verify(read("status.json.sig"), read("status.json").replace(b"made_at", b"made_an"))
    envelope = json.loads(read("signed.json"))
    assert envelope["document"].encode() == read("status.json")
    assert base64.b64decode(envelope["signature"]) == read("status.json.sig")
    said = json.loads(read("status.json"))
    assert (said["sequence"], said["made_at"]) == (number, "2026-11-23T11:00:00.000Z")
    assert said["valid_until"] == "2026-11-23T11:03:00.000Z"
    assert {name: hashlib.sha256(read(name)).hexdigest() for name in said["files"]} == said["files"]
    assert {f"index.{language}.html" for language in ("de", "en", "nb")} <= set(said["files"])
    assert stat.S_IMODE((data / "keys" / "status.pem").stat().st_mode) == 0o600


def test_the_command_beside_the_key_gives_the_fingerprint_shown(plan, system, public, clock):
    write_copy(system)
    page, live = read("index.en.html").decode(), public.get("/status/").content.decode()
    (command,) = re.findall(r"<pre><code>(openssl pkey .*?)</code></pre>", page)
    assert command in live and command in RUNNING.read_text()
    line = ["sh", "-c", command]
    told = subprocess.run(line, cwd=folder.place(), capture_output=True, text=True, check=True).stdout.split()[0]
    assert told == json.loads(read("key.json"))["fingerprint"] == json.loads(read("status.json"))["key"]
    grouped = " ".join(told[at : at + 4] for at in range(0, 64, 4))
    assert grouped in page and grouped in live


def test_a_copy_of_invented_data_says_so_as_the_page_does(plan, system, public, fjordlys, clock):
    write_copy(system)
    assert b"example-mark" not in read("index.de.html") and json.loads(read("status.json"))["example_data"] is False
    apply_register(system, register=read_register(SEED.read_text()))
    clock.shift(timedelta(minutes=1))
    write_copy(system)
    (mark,) = re.findall(r'<div class="example-mark".*?</div>', read("index.de.html").decode())
    assert mark in public.get("/status/?lang=de").content.decode()
    Tenant.objects.filter(pk=fjordlys.pk).update(region="norway")
    assert "liegt in der Region Norwegen." in public_of(fjordlys).get("/status/?lang=de").content.decode()
    assert json.loads(read("status.json"))["example_data"] is True


def test_it_says_what_the_status_page_says_in_three_languages(plan, system, operator, clock):
    said = Said({"en": "We look into it.", "de": "Wir gehen dem nach."}, state="major_outage")
    open_incident(operator.actor, title={"en": "No mail", "de": "Keine Post"}, impact="critical", said=said)
    write_copy(system)
    document = json.loads(read("status.json"))
    assert document["status"]["indicator"] == "critical"
    assert document["status"]["description"]["nb"] == "Tjenesten virker ikke."
    assert document["incidents"][0]["updates"][0]["body"]["de"] == "Wir gehen dem nach."
    assert {"crm", "api"} <= {part["slug"] for part in document["components"]}
    assert all(window["starts_at"] < "2026-12-07T11" for window in document["windows"])
    for language, sentence in (("de", "Keine Post"), ("en", "No mail")):
        assert sentence in read(f"index.{language}.html").decode()
        page = read(f"index.{language}.html").decode()
        assert page.count('class="nobody-knows"') == len(document["components"])  # «unknown» without a signal
        assert page.index('id="main"') < page.index('class="signal"') < page.index('id="state"')
        assert str(document["sequence"]) not in page
        assert sentence in read(f"feed.{language}.atom").decode()
    assert operator.user.name not in read("status.json").decode()


def test_no_page_of_the_copy_leads_or_looks_elsewhere(plan, system, clock):
    write_copy(system)
    for language in ("de", "en", "nb"):
        page = read(f"index.{language}.html").decode()
        assert page.count("http://") + page.count("https://") == 1  # the page it is a copy of
        assert 'href="/' not in page and 'src="/' not in page
        assert "default-src 'none'" in page
    assert b"url(" not in read("status.css") and b"@import" not in read("status.css")


def test_numbers_only_grow_even_when_the_clock_is_set_back_or_the_folder_is_lost(plan, system, clock):
    first = write_copy(system)
    clock.move_to(NOON - timedelta(hours=2), tick=False)
    assert write_copy(system) == first + 1
    for file in folder.place().iterdir():
        file.unlink()
    clock.move_to(NOON + timedelta(minutes=1), tick=False)
    assert write_copy(system) > first + 1


def test_what_is_said_stands_in_the_copy_at_once(plan, system, operator, clock):
    run_jobs()
    number = folder.last_document()["sequence"]
    open_incident(operator.actor, title={"en": "No mail"}, impact="minor", said=Said({"en": "We look into it."}))
    assert queued("foundation.react")
    run_jobs()
    assert folder.last_document()["sequence"] > number
    assert folder.last_document()["incidents"][0]["title"] == {"en": "No mail"}


def test_only_the_operator_writes_copies(anna, plan):
    with pytest.raises(PermissionDenied):
        write_copy(anna.actor)


def test_the_check_tells_of_a_copy_that_nobody_writes_any_more(plan, system, clock):
    with pytest.raises(Undecided):
        status_copy()
    write_copy(system)
    assert status_copy().ok
    clock.shift(timedelta(minutes=4))
    assert str(status_copy()) == "The copy of the status page is 4 minutes old."


def test_half_a_copy_is_never_seen(plan, system, clock, monkeypatch):
    """Whoever writes dies in the middle: what was signed before still stands whole, and vouches for itself."""
    write_copy(system)
    before = read("signed.json")
    clock.shift(timedelta(minutes=1))
    written = folder.write

    def dying(place, files):
        written(place, dict(list(files.items())[:4]))
        raise OSError("No space left on device")

    monkeypatch.setattr(folder, "write", dying)
    with pytest.raises(OSError, match="No space left"):
        write_copy(system)
    assert read("signed.json") == before


def test_nothing_in_the_folder_holds_a_job_up(plan, system, operator, clock, caplog, monkeypatch):
    """A pipe in the place of a page is replaced; while somebody holds the lock, a minute is left out and told."""
    number = write_copy(system)
    for name in ("index.de.html", "signed.json"):
        (folder.place() / name).unlink()
        os.mkfifo(folder.place() / name)
    assert folder.last_document() == {}
    clock.shift(timedelta(minutes=1))
    assert write_copy(system) > number
    assert (folder.place() / "index.de.html").is_file() and folder.last_document()
    monkeypatch.setattr(folder, "PATIENCE", 1)
    number = folder.last_document()["sequence"]
    with (folder.place() / ".lock").open("w") as somebody:
        fcntl.flock(somebody, fcntl.LOCK_EX)
        with pytest.raises(folder.Held, match="Another process"):
            write_copy(system)
        open_incident(operator.actor, title={"en": "No mail"}, impact="minor", said=Said({"en": "We look into it."}))
        run_jobs()
    assert "No copy was written this minute. Another process holds the folder" in caplog.text
    assert folder.last_document()["sequence"] == number
    clock.shift(timedelta(minutes=1))
    assert write_copy(system) > number


def test_the_worker_writes_it_every_minute():
    cron = {task.task.name: task.cron for task in app.periodic_registry.periodic_tasks.values()}
    assert cron["copies.every_minute"] == "* * * * *"
