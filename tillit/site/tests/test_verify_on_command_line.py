"""Whatever rooms change in public is in the trust log, and `bin/tillit verify` answers with an exit status."""

import argparse
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import time_machine
from django.conf import settings
from django.core import signals
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections

from tillit.availability.actions.incidents import Said, open_incident, resolve_incident
from tillit.availability.actions.plan import announce_due_windows
from tillit.availability.actions.windows import Details, announce_maintenance, cancel_maintenance
from tillit.foundation.access import Actor
from tillit.foundation.testing import run_jobs
from tillit.site.commands import verify as command
from tillit.trust.actions.objections import raise_objection
from tillit.trust.actions.register import apply_register
from tillit.trust.proof.fetching import Saving, Site
from tillit.trust.proof.models.log import Checkpoint, LogEntry
from tillit.trust.proof.verifying import verify
from tillit.trust.register import read_register

START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
SEED = (Path(__file__).parents[2] / "trust" / "profiles" / "seed.toml").read_text()
BEFORE, MAILGUN, REST = SEED.partition('slug = "mailgun"')
MOVED = BEFORE + MAILGUN + REST.replace('storage_countries = ["DE"]', 'storage_countries = ["DE", "US"]', 1)


@pytest.fixture(autouse=True)
def _one_connection():
    for signal in (signals.request_started, signals.request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (signals.request_started, signals.request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def clock():
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


@pytest.fixture
def apply(operator_tenant):
    def put(text):
        apply_register(Actor.system(operator_tenant), register=read_register(text))
        run_jobs(1000)

    return put


def site():
    return Site(f"http://{settings.BASE_HOST}", httpx.WSGITransport(app=get_wsgi_application()))


def problems():
    return [problem.text for problem in verify(site())[0].problems]


def newest(prefix):
    entry = LogEntry.objects.filter(subject__startswith=prefix).order_by("-index").first()
    return json.loads(entry.content.text)


def test_windows_are_logged_as_the_plan_shows_them(clock, apply, operator):
    apply(SEED)
    announce_due_windows(operator.actor)
    run_jobs(1000)
    assert LogEntry.objects.filter(kind="availability.maintenance_announced").exists()
    assert problems() == []
    window = announce_maintenance(
        operator.actor,
        kind="planned",
        starts_at=START + timedelta(hours=30),
        ends_at=START + timedelta(hours=31),
        title={"en": "Work on the network"},
        details=Details(),
    )
    assert problems() == [f"windows/{window.pk}: the page has it, and the log does not"]
    run_jobs()
    assert problems() == []
    cancel_maintenance(operator.actor, window=window, because="Not needed")
    run_jobs()
    assert newest("windows/")["cancelled_because"] == "Not needed"
    assert problems() == []


def test_every_word_about_an_incident_is_logged_and_nobodys_name(clock, apply, operator):
    apply(SEED)
    said = Said({"en": "We are looking."}, "investigating")
    incident = open_incident(operator.actor, title={"en": "Slow lists"}, impact="minor", said=said)
    run_jobs()
    resolve_incident(operator.actor, incident=incident, body={"en": "It is over."})
    run_jobs()
    logged = newest("incidents/")
    assert [update["body"]["en"] for update in logged["updates"]] == ["It is over.", "We are looking."]
    assert "Olav" not in json.dumps(logged)
    assert LogEntry.objects.filter(subject__startswith="incidents/").count() == 2
    assert problems() == []


def test_objections_count_and_name_nobody(clock, apply, anna, chiara):
    apply(SEED)
    apply(MOVED)
    for person in (anna, chiara):
        raise_objection(person.actor, processor="mailgun", reason="We do not know them.")
    run_jobs()
    assert newest("objections/") == {"processor": "mailgun", "standing": 2}


def test_the_log_and_the_page_agree_before_and_after_a_notice_is_over(clock, apply):
    apply(SEED)
    apply(MOVED)
    versions = newest("processors/mailgun")["versions"]
    assert [version["in_force_at"] > "2026-12-20" for version in versions] == [False, True]
    for days in (0, 29, 31, 400):
        clock.move_to(START + timedelta(days=days))
        assert problems() == [], days


def test_the_command_answers_with_an_exit_status(clock, apply, tmp_path, capsys):
    def run(*arguments):
        parser = argparse.ArgumentParser()
        command.add_arguments(parser)
        return command.run(parser.parse_args([str(argument) for argument in arguments]))

    apply(SEED)
    verify(Saving(site(), tmp_path / "saved"))
    assert run(tmp_path / "saved", "--state", tmp_path / "state.json") == 0
    assert "All is well" in capsys.readouterr().out
    assert run(tmp_path / "saved", "--state", tmp_path / "state.json") == 0
    assert f"It continues the {Checkpoint.objects.first().size} entries" in capsys.readouterr().out
    register = tmp_path / "saved" / "trust" / "register.json"
    register.write_text(register.read_text().replace("Mailgun", "Nobody"))
    assert run(tmp_path / "saved") == 1
    assert "processors/mailgun: name: the page says" in capsys.readouterr().out
    assert run(tmp_path / "saved", "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert told["well"] is False
    assert {problem["subject"] for problem in told["problems"]} >= {"processors/mailgun"}
    assert run(tmp_path) == 2
    assert run("http://127.0.0.1:9") == 2
    assert "Not checked" in capsys.readouterr().err
