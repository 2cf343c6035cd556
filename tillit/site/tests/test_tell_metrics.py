"""A monitoring system on this machine, or with the token, reads what the installation is at; a stranger nothing."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.test import Client
from django.utils.timezone import now

from tillit.availability.models import Component, Incident, MaintenanceWindow
from tillit.availability.probes.models import Prober, UptimeDay, Watch
from tillit.availability.releases.judging import BUCKETS
from tillit.availability.releases.models import RequestCount
from tillit.foundation import jobs
from tillit.foundation.access import Actor
from tillit.foundation.models import User
from tillit.site import metrics

TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"
NOON = datetime(2026, 11, 24, 12, 0, 30, tzinfo=UTC)
SAMPLE = re.compile(
    r'(?P<name>[a-z_0-9]+)(\{(?P<labels>(?:[a-z_]+="(?:[^"\\\n]|\\[\\"n])*",?)*)\})? (?P<value>[-+.e0-9]+)'
)


@pytest.fixture
def here():
    """Somebody on this machine."""
    return Client(HTTP_HOST="127.0.0.1:8000", REMOTE_ADDR="127.0.0.1")


def read(text):
    """Family -> (type, {labels: value}), as strictly as the specification: nothing twice, no family in two pieces."""
    assert text.endswith("# EOF\n") and text.count("# EOF") == 1
    families, current = {}, ""
    for line in text.splitlines()[:-1]:
        if line.startswith("# TYPE "):
            _hash, _type, current, kind = line.split(" ")
            assert current not in families
            families[current] = (kind, {})
        elif line.startswith("#"):
            what, name, said = line.removeprefix("# ").split(" ", 2)
            assert name == current and said and (what == "HELP" or (what == "UNIT" and name.endswith(f"_{said}")))
        else:
            found = SAMPLE.fullmatch(line)
            assert found, line
            kind, samples = families[current]
            assert found["name"] == current + {"info": "_info"}.get(kind, "")
            labels = found["labels"] or ""
            assert labels not in samples, line
            samples[labels] = float(found["value"])
    return families


@pytest.fixture
def installation(operator_tenant, anna, chiara, fjordlys, time_machine):
    time_machine.move_to(NOON, tick=False)
    Component.objects.create(slug="api", name={"en": "API"}, position=0)
    prober = Prober.objects.create(name="oslo-1", place="Oslo", region="norway")
    Watch.objects.create(prober=prober, probe="api", last_at=now() - timedelta(seconds=17), fails=2)
    for back in (1, 100):
        UptimeDay.objects.create(
            component="api", region="norway", day=(now() - timedelta(days=back)).date(), formula=1,
            up=1439, down=1, unknown=0, due_up=1440, due_down=0, due_unknown=0,
        )  # fmt: skip
    for minutes in (0, 1, 5, 6):  # this minute is not over, the last is too long ago
        at = now().replace(second=0) - timedelta(minutes=minutes)
        buckets = [10] + [0] * (BUCKETS - 1)
        RequestCount.objects.create(minute=at, release='1 "a"', wave="a", errors=1, buckets=buckets)
    MaintenanceWindow.objects.create(
        kind="planned", effect="seconds", title={"en": "Work"}, announced_at=now() - timedelta(days=3),
        starts_at=now() - timedelta(hours=1), ends_at=now() + timedelta(hours=1),
    )  # fmt: skip
    Incident.objects.create(title={"en": "Slow"}, impact="minor", started_at=now())
    User.objects.filter(pk=chiara.user.pk).update(last_login=now() - timedelta(days=31))
    jobs.later("foundation.deliver_mail", Actor.system(operator_tenant), mail_id=1)


def test_a_monitoring_system_reads_what_is_going_on(installation, here, django_assert_max_num_queries):
    here.get("/metrics")
    with django_assert_max_num_queries(25):  # half of them savepoints
        answer = here.get("/metrics")
    assert (answer.status_code, answer.headers["Content-Type"], answer.headers["Cache-Control"]) == (
        200,
        TYPE,
        "no-store",
    )
    told = read(answer.content.decode())
    assert told["tillit_build"] == ("info", {f'release="{settings.RELEASE}"': 1})
    assert told["tillit_component_state"][1]['component="api",tillit_component_state="unknown"'] == 1
    assert sum(told["tillit_component_state"][1].values()) == 1
    part = 'component="api",region="norway"'
    assert told["tillit_uptime_ratio"][1] == {f'{part},kind="raw"': 0.999305, f'{part},kind="contractual"': 1}
    assert told["tillit_probe_age_seconds"][1] == {'probe="api",prober="oslo-1",region="norway"': 17}
    assert told["tillit_maintenance_windows"][1] == {'phase="under_way"': 1, 'phase="announced"': 0}
    assert told["tillit_incidents_open"][1]['impact="minor"'] == 1
    assert told["tillit_tenants"][1] == {'state="running"': 2}
    assert told["tillit_users"][1]['kind="active"'] == 1 < told["tillit_users"][1]['kind="known"']
    assert told["tillit_recent_requests"][1] == {r'release="1 \"a\"",wave="a"': 20}
    assert told["tillit_recent_errors"][1] == {r'release="1 \"a\"",wave="a"': 2}
    assert told["tillit_jobs"][1]['queue="wave-b",status="todo"'] == 1
    assert told["tillit_jobs_oldest_due_seconds"][1]['queue="wave-b"'] < 60
    assert told["tillit_jobs"][1]['queue="wave-a",status="failed"'] == 0  # nothing there: zero, and not silence
    for queue in ("default", "mailbox", "webhooks"):
        assert told["tillit_jobs_oldest_due_seconds"][1][f'queue="{queue}"'] == 0
    assert sum(told["tillit_database_connections"][1].values()) >= 1
    assert "fjordlys" not in answer.content.decode().lower() and not answer.cookies


def test_a_stranger_finds_nothing_there(installation, here, settings, anna):
    settings.METRICS_TOKEN = "a long token of the operator's own"
    brings = {"authorization": f"Bearer {settings.METRICS_TOKEN}"}
    far = {"REMOTE_ADDR": "192.0.2.9", "HTTP_HOST": settings.BASE_HOST}
    assert here.get("/metrics", **far, headers=brings).status_code == 200
    for refused in (
        here.get("/metrics", **far),
        here.get("/metrics", **far, headers={"authorization": "Bearer a long token of somebody else's"}),
        here.get("/metrics", **far, headers={"authorization": "Bearer "}),
        here.get("/metrics", headers={"x-forwarded-for": "192.0.2.9"}),
        here.get("/metrics", headers={"x-forwarded-proto": "https"}),
        here.get("/metrics", headers={"forwarded": "for=192.0.2.9"}),
        here.get("/metrics", HTTP_HOST="crm.operator.example"),  # through a proxy that tells nothing
        here.get("/metrics", REMOTE_ADDR=""),
        anna.get("/metrics", REMOTE_ADDR="192.0.2.9"),
    ):
        assert refused.status_code == 404 and "There is nothing here" in refused.content.decode()
    settings.METRICS_TOKEN = ""
    assert here.get("/metrics", **far, headers={"authorization": "Bearer "}).status_code == 404
    assert here.get("/metrics", HTTP_HOST="[::1]:8000", REMOTE_ADDR="::ffff:127.0.0.1").status_code == 200
    assert here.post("/metrics").status_code == 405


def test_one_figure_that_fails_takes_no_other_with_it(installation, here, monkeypatch, caplog):
    monkeypatch.setattr(metrics, "JOBS", "SELECT 1 / 0")  # such as a query that takes too long
    told = read(here.get("/metrics").content.decode())
    assert told["tillit_database_up"][1] == {"": 1} and "tillit_jobs" not in told
    assert {"tillit_component_state", "tillit_tenants", "tillit_database_connections"} <= set(told)
    assert "cannot be told: _jobs" in caplog.text


def test_that_the_database_is_away_is_told_as_well(here, db):
    def gone(_execute, sql, *_rest):
        raise OperationalError("gone")

    with connection.execute_wrapper(gone):
        told = read("".join(metrics.written(metrics._told())))
    assert told["tillit_database_up"][1] == {"": 0} and set(told) == {"tillit_build", "tillit_database_up"}
