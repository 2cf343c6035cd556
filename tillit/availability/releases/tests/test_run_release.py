"""A release on its way: in its windows, through the gate, held, and taken back."""

import json
import tomllib
from datetime import timedelta

import pytest
from django.utils.timezone import now

from tillit.availability import looking
from tillit.availability.actions.plan import announce_due_windows, apply_rules
from tillit.availability.models import WindowWork
from tillit.availability.releases.actions.plan import (
    begin_stage,
    continue_release,
    end_stage,
    judge_release,
    plan_release,
)
from tillit.availability.releases.actions.waves import keep_operators_choice
from tillit.availability.releases.counting import tally
from tillit.availability.releases.models import Release, RequestCount
from tillit.availability.releases.tests.conftest import SEED
from tillit.foundation.access import Actor
from tillit.foundation.errors import Refused
from tillit.foundation.models import OutgoingMail, Tenant
from tillit.foundation.testing import happened

PAGE = "/operator/releases/"


@pytest.fixture
def running(release, system, in_window):
    """Wave A runs on the release."""
    in_window("a")
    end_stage(system, stage=begin_stage(system, release=release, wave="a"), ok=True)
    return Release.objects.get(pk=release.pk)


def counted(release, wave, requests, errors=0):
    """As if a web worker had answered so many requests just now."""
    minute, buckets = now().replace(second=0, microsecond=0), [requests, *[0] * 10]
    RequestCount.objects.create(minute=minute, release=release, wave=wave, errors=errors, buckets=buckets)


def test_the_operator_plans_a_release_with_a_stage_in_the_window_of_each_wave(plan, operator, anna):
    form = {"version": "0.2.0", "bake_hours": "24", "notes_en": "Faster lists."}
    assert anna.post(PAGE, form).status_code == 403
    page = operator.post(PAGE, form, follow=True).content.decode()
    assert "Wave A (first), 10 %" in page
    assert "Tillit 0.2.0<" not in page  # the foot says what runs
    assert "release start CHECKOUT --wave a<" in page and "release hold --because" in page
    stages = Release.objects.get().stages.all()
    assert [(stage.wave, stage.percent) for stage in stages] == [("a", 10), ("b", 90)]
    assert stages[1].starts_at - stages[0].starts_at == timedelta(days=3)
    again = operator.post(PAGE, form | {"version": "0.3.0"})
    assert (again.status_code, "Another release is on its way" in again.content.decode()) == (422, True)


def test_no_wave_begins_outside_its_window_or_out_of_order(release, system, in_window):
    with pytest.raises(Refused, match="only inside its window"):
        begin_stage(system, release=release, wave="a")
    in_window("a")
    with pytest.raises(Refused, match="next wave is A"):
        begin_stage(system, release=release, wave="b")
    stage = begin_stage(system, release=release, wave="a")
    assert WindowWork.objects.get().wave == "a"
    end_stage(system, stage=stage, ok=False, sentence="It did not start.")
    assert Release.objects.get().state == "planned"


def test_the_second_wave_follows_through_an_open_gate_only(running, system, in_window):
    in_window("b")
    with pytest.raises(Refused, match="Too few requests"):
        begin_stage(system, release=running, wave="b")
    counted("0.2.0", "a", 500)
    counted("0.1.0", "b", 5000)
    done = end_stage(system, stage=begin_stage(system, release=running, wave="b"), ok=True)
    assert done.state == "done"


def test_a_release_that_does_worse_is_held_by_itself_in_public_and_the_staff_is_told(
    running, system, operator, public, anna, in_window
):
    counted("0.2.0", "a", 500, errors=200)
    counted("0.1.0", "b", 5000)
    assert judge_release(system) is not None
    assert judge_release(system) is None  # once
    told = json.loads(public.get("/status/releases.json").content)["releases"][0]
    assert (told["state"], told["holds"][0]["by"], told["holds"][0]["worse"]) == ("held", "gate", ["errors"])
    assert told["holds"][0]["figures"]["new"]["error_rate"] == 0.4
    assert "it does worse than the one before" in public.get("/status/panels/releases").content.decode()
    assert happened("releases.held")
    (letter,) = OutgoingMail.objects.filter(to=operator.user.email)
    assert letter.subject == "Release 0.2.0 is held"
    in_window("b")
    with pytest.raises(Refused, match="held"):
        begin_stage(system, release=running, wave="b")
    address = f"{PAGE}{running.pk}/"
    assert "More requests fail than on the release before." in operator.get(address).content.decode()
    assert anna.post(f"{address}back", {"because": "x"}).status_code == 403
    assert operator.post(f"{address}back", {"because": ""}).status_code == 422
    assert operator.post(f"{address}back", {"because": "Lists were empty."}).status_code == 302
    assert json.loads(public.get("/status/releases.json").content)["releases"][0]["state"] == "rolled_back"


def test_slow_answers_and_failing_jobs_hold_a_release_too(running, system, settings, public):
    tally.flush()
    RequestCount.objects.all().delete()  # of the pages asked for so far
    for version, wave, seconds, failing in (("0.1.0", "b", 0.04, 0), ("0.2.0", "a", 0.9, 3)):
        settings.RELEASE = version
        for number in range(30):
            tally.request(wave, seconds, failed=False)
            tally.job(wave, failed=number < failing * 2)
        tally.flush()
    hold = judge_release(system)
    assert hold.worse == ["p95", "jobs"]
    new, rest = hold.figures["new"], hold.figures["rest"]
    assert (new["p95_ms"], new["failed_job_rate"]) == (975.0, 0.2)
    assert (rest["p95_ms"], rest["failed_job_rate"]) == (48.5, 0.0)
    told = public.get("/status/releases.json").json()["releases"][0]
    assert (told["state"], told["holds"][0]["worse"]) == ("held", ["p95", "jobs"])


def test_a_release_comes_in_three_waves_where_the_plan_has_three(system, in_window, clock, fjordlys, alpenrose):
    rules = tomllib.loads(SEED.read_text())["maintenance_rules"]
    shares = [("a", 10, 0), ("b", 30, 3), ("c", 60, 6)]
    upgrade = next(rule for rule in rules if rule.get("job") == "upgrade")
    upgrade["waves"] = [{"wave": wave, "percent": percent, "days_later": days} for wave, percent, days in shares]
    apply_rules(system, rules=rules)
    release = plan_release(system, version="0.2.0", notes={})
    stages = list(release.stages.all())
    assert [(stage.wave, stage.percent) for stage in stages] == [(wave, percent) for wave, percent, _days in shares]
    assert [(one.starts_at - stages[0].starts_at).days for one in stages] == [0, 3, 6]
    states = []
    for before, wave in ((None, "a"), ("a", "b"), ("b", "c")):
        announce_due_windows(system)  # as the clock does: the last one is further ahead than what was announced
        in_window(wave)
        if before:
            with pytest.raises(Refused, match="Too few requests"):
                begin_stage(system, release=release, wave=wave)
            counted("0.2.0", before, 500)
            counted("0.1.0", wave, 500)
            clock.shift(timedelta(minutes=1))  # what was counted before this wave begins says nothing for the next
        if wave == "b":
            with pytest.raises(Refused, match="next wave is B"):
                begin_stage(system, release=release, wave="c")
        states.append(end_stage(system, stage=begin_stage(system, release=release, wave=wave), ok=True).state)
    assert states == ["running", "running", "done"]
    assert list(WindowWork.objects.order_by("id").values_list("wave", "outcome")) == [(w, "done") for w in "abc"]


def test_after_a_hold_was_lifted_the_gate_counts_anew(running, system, clock):
    counted("0.2.0", "a", 500, errors=200)
    judge_release(system)
    clock.shift(timedelta(minutes=5))
    continue_release(system, release=running, because="A broken script of ours.")
    assert judge_release(system) is None
    assert Release.objects.get().state == "running"
    assert Release.objects.get().holds.get().lifted_because == "A broken script of ours."


def test_a_hold_during_the_last_wave_stays_until_somebody_lifts_it(running, system, in_window):
    in_window("b")
    counted("0.2.0", "a", 500)
    counted("0.1.0", "b", 5000)
    stage = begin_stage(system, release=running, wave="b")
    RequestCount.objects.filter(release="0.2.0").update(errors=200)
    assert judge_release(system) is not None
    assert end_stage(system, stage=stage, ok=True).state == "held"
    assert continue_release(system, release=running, because="A broken script of ours.").state == "done"
    assert Release.objects.get().ended_at == now()


def test_a_version_that_was_taken_back_may_be_planned_again(release, system, operator):
    operator.post(f"{PAGE}{release.pk}/back", {"because": "Not yet."})
    assert plan_release(system, version="0.2.0", notes={}).state == "planned"


def test_every_request_of_a_customer_is_counted_without_a_query(release, anna, chiara, public, settings):
    settings.RELEASE = "0.2.0"
    tally.flush()
    RequestCount.objects.all().delete()
    for person in (anna, anna, chiara, public):
        person.get("/status/")
    looking.page("/sign-in/", anna.tenant)  # what proves a notice is nobody's request
    tally.job("a", failed=True)
    tally.flush()
    tally.job("a", failed=False)
    tally.flush()
    jobs = RequestCount.objects.get(wave="a")
    assert (jobs.errors, jobs.jobs, jobs.failed_jobs) == (0, 2, 1)
    assert sum(sum(count.buckets) for count in RequestCount.objects.all()) == 3  # the operator's host is nobody's


def test_pages_cost_few_questions(running, operator, anna, public, django_assert_max_num_queries):
    counted("0.2.0", "a", 500)
    for person in (operator, anna):
        person.get("/profile/")  # the first page after an announcement also keeps that it was shown
    for tenant in Tenant.objects.filter(kind=Tenant.Kind.CUSTOMER):
        keep_operators_choice(Actor.system(operator.tenant), tenant=tenant, wave=tenant.wave)
    with django_assert_max_num_queries(20):
        operator.get(PAGE)
    with django_assert_max_num_queries(20):
        operator.get(f"{PAGE}{running.pk}/")
    with django_assert_max_num_queries(20):
        anna.get("/my-release/")
    with django_assert_max_num_queries(12):
        public.get("/status/releases.json")
