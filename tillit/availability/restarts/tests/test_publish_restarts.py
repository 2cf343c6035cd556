"""What a restart was like is published, whatever it was like."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied

from tillit.availability.restarts.actions import (
    Gap,
    Told,
    close_probe_session,
    open_probe_session,
    record_restart,
)
from tillit.availability.restarts.models import RestartRun
from tillit.availability.restarts.publishing import run
from tillit.foundation.access import Actor
from tillit.foundation.models import Event, Role, Tenant
from tillit.foundation.tenancy import in_tenant
from tillit.foundation.testing import Person, happened, make_person, make_tenant

PAGE, DOCUMENT = "/status/restarts/", "/status/restarts.json"
NIGHT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
QUIET = Gap(20, 400, 0, 2, 9, 61, 310, 200, 0, 3, 0)


@pytest.fixture
def restarted(operator_tenant, time_machine):
    """Records a restart, `nights` ago."""
    time_machine.move_to(NIGHT + timedelta(hours=8), tick=False)

    def restart(gap=QUIET, *, nights=0, occasion="night", outcome="done", reason=""):
        told = Told(occasion, outcome, NIGHT - timedelta(days=nights), None if reason else 14_200, reason)
        return record_restart(Actor.system(operator_tenant), told=told, gap=gap)

    return restart


def text(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_every_restart_is_published_with_what_people_would_have_noticed(
    restarted, public, django_assert_max_num_queries
):
    restarted(nights=1)
    restarted(Gap(20, 400, 3, 9, 12, 900, 2400, 200, 1, 3, 1))
    restarted(None, nights=2, outcome="refused", reason="The notice was never seen to stand here: Status page.")
    restarted(occasion="by_hand", nights=3)
    restarted(nights=120)
    with django_assert_max_num_queries(8):
        answer = public.get(PAGE)
    page = text(answer)
    assert "Tue, 24 Nov" not in page
    assert re.search(r"Mon, 23 Nov 2026, 02:00 CET in its window done 400 3 9 12 ms 900 ms 2\.40 s 1 1 / 3", page)
    assert re.search(r"Sun, 22 Nov 2026, 02:00 CET in its window done 400 0 2 9 ms 61 ms 0\.31 s 0 0 / 3", page)
    assert "did not take place The notice was never seen to stand here: Status page." in page
    assert "by hand" in page
    assert 'data-label="Lost forms">1 / 3' in answer.content.decode()  # a phone shows cards, with nothing off screen
    assert answer.content.decode().count('<rect class="night"') == 3
    assert not answer.cookies
    told = public.get(DOCUMENT).json()
    assert [one["outcome"] for one in told["restarts"]] == ["done", "done", "refused", "done"]
    assert told["restarts"][0]["longest_ms"] == 2400
    assert told["restarts"][0]["began_at"].startswith("2026-11-23T01:00:00")
    assert public.get(DOCUMENT).headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(
    ("language", "sentence", "line"),
    [
        ("en", "No nightly restart has been measured yet.", "Longest wait 0.31 s, 0 of 400 requests failed."),
        ("de", "Noch kein nächtlicher Neustart ist gemessen.", "Längste Wartezeit 0,31 s, 0 von 400 Anfragen"),
        ("nb", "Ingen nattlig omstart er målt ennå.", "Lengste ventetid 0,31 s, 0 av 400 forespørsler"),
    ],
)
def test_the_status_page_has_one_line_about_last_night(restarted, public, language, sentence, line):
    panel = f"/status/panels/restarts?lang={language}"
    assert sentence in text(public.get(panel))
    assert text(public.get(f"{PAGE}?lang={language}"))
    restarted(nights=1, outcome="failed")
    restarted()
    restarted(Gap(20, 10, 9, 0, 1, 1, 1, 0, 0, 0, 0), occasion="by_hand")
    assert line in text(public.get(panel))


def test_the_trust_log_gets_every_restart_in_whole_numbers(restarted, operator_tenant):
    made = restarted()
    assert happened("restarts.recorded")
    with in_tenant(operator_tenant):
        item = run(Event.objects.get(name="restarts.recorded"))
    assert item["subject"] == f"restarts/{made.pk}"
    assert not any(isinstance(value, float) for value in item["content"].values())
    assert (item["content"]["longest_ms"], item["content"]["lost_drafts"]) == (310, 0)


def test_a_customer_records_no_restart(anna, restarted):
    with pytest.raises(PermissionDenied):
        record_restart(anna.actor, told=Told("night", "done", NIGHT), gap=QUIET)
    with pytest.raises(PermissionDenied):
        open_probe_session(anna.actor)
    assert not RestartRun.objects.exists()


def test_the_load_borrows_a_session_only_of_the_probes(operator_tenant, anna):
    system = Actor.system(operator_tenant)
    assert open_probe_session(system) is None
    probes = make_tenant("probe", "Probes", kind=Tenant.Kind.PROBE)
    make_person(probes, "Pia Probe", Role.MEMBER)
    session = open_probe_session(system)
    visitor = Person(probes)
    visitor.cookies["tillit_session"] = session.key
    assert visitor.get("/companies/").status_code == 200
    close_probe_session(system, session=session)
    assert visitor.get("/companies/").status_code == 302
