"""Programs ask whether a tenant is running, on which release, and what comes next; without an account."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils.timezone import now

from tillit.foundation.models import Tenant

STATE = "/api/state/fjordlys"


def iso(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def test_the_state_says_all_there_is_to_know(announced, public, fjordlys):
    window = announced(48, wave="a", effect="offline", most_seconds=1800)
    announced(30, wave="b")
    response = public.get(STATE)
    assert response.json() == {
        "tenant": "fjordlys",
        "state": "running",
        "is_running": True,
        "service": "unknown",
        "components": {},
        "version": settings.RELEASE,
        "wave": "a",
        "region": "eu",
        "next_window": {
            "starts_at": iso(window.starts_at),
            "ends_at": iso(window.ends_at),
            "kind": "planned",
            "effect": "offline",
            "expected_interruption": {"least_seconds": None, "most_seconds": 1800},
        },
        "valid_until": iso(now() + timedelta(minutes=2)),
    }
    assert response.headers["Cache-Control"] == "public, max-age=120"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert not response.cookies


def test_without_a_window_there_is_none_next(public, fjordlys):
    assert public.get(STATE).json()["next_window"] is None


@pytest.mark.parametrize(
    ("state", "is_running"),
    [("running", True), ("online_maintenance", True), ("offline_maintenance", False), ("suspended", False)],
)
def test_a_tenant_that_does_not_run_says_so(public, fjordlys, state, is_running):
    Tenant.objects.filter(pk=fjordlys.pk).update(state=state)
    told = public.get(STATE).json()
    assert (told["state"], told["is_running"]) == (state, is_running)


@pytest.mark.parametrize("slug", ["nobody", "gone", "fjordlys.example", "%00", "x" * 300])
def test_nobodys_address_is_a_problem_in_json(public, fjordlys, slug):
    Tenant.objects.create(slug="gone", name="Gone", state=Tenant.State.DELETED)
    response = public.get(f"/api/state/{slug}")
    assert response.status_code == 404
    if slug in ("nobody", "gone"):
        assert response.headers["Content-Type"] == "application/problem+json"
        assert response.json() == {
            "type": "about:blank",
            "title": "Not Found",
            "status": 404,
            "detail": "No tenant has this address.",
        }


def test_who_has_it_already_is_told_only_that_until_it_is_out_of_date(public, fjordlys, clock):
    etag = public.get(STATE).headers["ETag"]
    clock.shift(timedelta(seconds=59))
    again = public.get(STATE, headers={"if-none-match": etag})
    assert (again.status_code, again.content, again.headers["Cache-Control"]) == (304, b"", "public, max-age=61")
    clock.shift(timedelta(seconds=1))
    assert public.get(STATE, headers={"if-none-match": etag}).status_code == 200


def test_it_is_never_valid_beyond_the_next_change(announced, public, fjordlys, clock):
    window = announced(48)
    clock.move_to(window.starts_at - timedelta(seconds=30), tick=False)
    before = public.get(STATE)
    assert before.json()["valid_until"] == iso(window.starts_at)
    assert before.headers["Cache-Control"] == "public, max-age=30"
    clock.move_to(window.ends_at - timedelta(seconds=10), tick=False)
    assert public.get(STATE).json()["valid_until"] == iso(window.ends_at)
    clock.move_to(window.ends_at, tick=False)
    assert public.get(STATE).json()["next_window"] is None


def test_it_costs_a_handful_of_questions(plan, public, fjordlys, django_assert_max_num_queries):
    public.get(STATE)
    with django_assert_max_num_queries(8):
        public.get(STATE)


def test_what_nothing_fresh_proves_is_unknown_as_on_the_status_page(plan, prove, public, fjordlys, clock):
    prove(until=now() + timedelta(seconds=50))
    told = public.get(STATE)
    assert told.json()["service"] == "none" and set(told.json()["components"].values()) == {"operational"}
    assert told.headers["Cache-Control"] == "public, max-age=50"  # then a fresh proof is there, or none
    prove("api", state="major_outage", until=now() + timedelta(hours=1))
    clock.shift(timedelta(seconds=51))
    told = public.get(STATE).json()
    assert told["service"] == "critical" and told["is_running"] is True
    shown = {
        one["name"]: one["tillit_state"] for one in public.get("/status/api/v2/components.json").json()["components"]
    }
    assert sorted(told["components"].values()) == sorted(shown.values())
    assert told["components"]["api"] == "major_outage" and told["components"]["crm"] == "unknown"
    clock.shift(timedelta(hours=1))
    assert public.get(STATE).json()["service"] == "unknown"
