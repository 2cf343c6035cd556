"""A customer chooses its wave; the operator sees it; a running release waits for nobody's wish."""

import json
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tillit.availability import words
from tillit.availability.models import MaintenanceWindow, WindowWork
from tillit.availability.releases.actions.plan import begin_stage, end_stage, roll_back_release
from tillit.availability.releases.actions.waves import apply_waves
from tillit.availability.releases.cohorts import key_of, wave_of
from tillit.availability.releases.models import Draw, WaveChoice
from tillit.availability.releases.tests.conftest import OSLO
from tillit.foundation.models import Tenant
from tillit.foundation.tenancy import in_tenant
from tillit.foundation.testing import names_in, run_jobs

PAGE = "/my-release/"


def wave(tenant):
    return Tenant.objects.get(pk=tenant.pk).wave


def other(letter):
    return "b" if letter == "a" else "a"


def test_a_customers_wave_is_the_draws_and_the_seed_is_public(release, fjordlys, public):
    told = json.loads(public.get("/status/releases.json").content)
    percents = {entry["wave"]: entry["percent"] for entry in told["waves"]}
    assert percents == {"a": 10, "b": 90}
    assert wave(fjordlys) == wave_of(told["draw"]["seed"], key_of("fjordlys"), percents)


def test_an_administrator_chooses_another_wave_and_the_operator_sees_it(release, anna, ben, operator, fjordlys):
    wanted = other(wave(fjordlys))
    assert ben.get(PAGE).status_code == 200
    assert ben.post(PAGE, {"wave": wanted}).status_code == 403
    assert anna.post(PAGE, {"wave": "f"}).status_code == 422
    assert anna.post(PAGE, {"wave": wanted, "reason": "We like to be early."}).status_code == 302
    assert wave(fjordlys) == wanted
    assert "releases.wave_changed" in names_in(fjordlys)
    again = anna.post(PAGE, {"wave": wanted, "reason": "We like to be early."}, follow=True).content.decode()
    assert "Nothing was changed." in again and names_in(fjordlys).count("releases.wave_chosen") == 1
    assert "We like to be early." in operator.get("/operator/releases/").content.decode()
    assert anna.post(PAGE, {"wave": ""}).status_code == 422
    anna.post(PAGE, {"wave": "draw"})
    assert wave(fjordlys) == other(wanted)


def test_the_last_customer_who_leaves_the_first_wave_is_told_and_so_is_the_operator(
    plan, anna, operator, fjordlys, alpenrose
):
    customers = Tenant.objects.filter(kind=Tenant.Kind.CUSTOMER)
    customers.update(wave="b")
    assert (
        "Nobody is in wave A: a release would go to nobody first"
        in operator.get("/operator/releases/").content.decode()
    )
    customers.filter(pk=fjordlys.pk).update(wave="a")
    page = anna.get(PAGE).content.decode()
    assert "You are the only customer in Wave A" in page
    assert 0 < page.index("changes which maintenance concerns you") < page.index("Choose</button>")
    customers.update(wave="a")
    assert "You are the only customer" not in anna.get(PAGE).content.decode()
    stays = anna.post(PAGE, {"wave": "a"}, follow=True).content.decode()
    assert "You stay in this wave" in stays and wave(fjordlys) == "a"
    assert "Nobody is in wave" not in operator.get("/operator/releases/").content.decode()


def test_before_a_choice_the_page_says_which_announced_maintenance_changes_by_it(
    plan, anna, fjordlys, system, django_assert_max_num_queries
):
    with django_assert_max_num_queries(31):
        page = anna.get(PAGE).content.decode()
    assert "As drawn" not in page and "Nothing has been drawn yet." in page
    apply_waves(system)
    page = re.sub(r"\s+|<[^>]+>", " ", anna.get(PAGE).content.decode())
    windows = MaintenanceWindow.objects.upcoming().for_job("upgrade")
    assert windows.filter(wave=wave(fjordlys)).exists() and windows.filter(wave=other(wave(fjordlys))).exists()
    label = f"Wave {other(wave(fjordlys)).upper()}"
    assert re.search(rf"In {label}[^.]* additionally +Application maintenance", page)
    assert re.search(rf"In {label}[^.]* no longer +Application maintenance", page)


def test_a_choice_waits_while_a_release_runs_in_waves(release, anna, fjordlys, system, in_window, clock):
    before = wave(fjordlys)
    window = in_window("a")
    end_stage(system, stage=begin_stage(system, release=release, wave="a"), ok=True)
    anna.post(PAGE, {"wave": other(before), "reason": "Early."})
    assert wave(fjordlys) == before
    assert "takes effect when it has ended" in anna.get(PAGE).content.decode()
    roll_back_release(system, release=release, because="It was slow.")
    clock.move_to(window.ends_at, tick=False)
    apply_waves(system)
    assert wave(fjordlys) == other(before)


@pytest.mark.promise("planned-maintenance-is-announced-24-hours-ahead")
@pytest.mark.parametrize("hours", [23, -1])
def test_nobody_is_moved_into_maintenance_they_were_not_told_of(plan, anna, fjordlys, system, clock, hours):
    """Nor out of what is under way for them."""
    apply_waves(system)
    before = wave(fjordlys)
    windows = MaintenanceWindow.objects.upcoming().for_job("upgrade")
    window = windows.get(wave=other(before) if hours > 0 else before)
    clock.move_to(window.starts_at - timedelta(hours=hours), tick=False)
    anna.post(PAGE, {"wave": other(before)})
    apply_waves(system)
    assert wave(fjordlys) == before
    with timezone.override(OSLO):
        assert f"after it, on {words.moment(window.ends_at)} at the earliest" in anna.get(PAGE).content.decode()
    span = {"starts_at": window.starts_at, "ends_at": window.ends_at, "proven_at": window.announced_at}
    work = WindowWork.objects.create(job="upgrade", window=window, started_at=window.starts_at, **span)
    clock.move_to(window.ends_at, tick=False)
    apply_waves(system)
    page = anna.get(PAGE).content.decode()
    assert wave(fjordlys) == before and "takes longer than announced" in page and "at the earliest" not in page
    WindowWork.objects.filter(pk=work.pk).update(ended_at=window.ends_at, outcome="done")
    apply_waves(system)
    assert wave(fjordlys) == other(before)


@pytest.mark.promise("planned-maintenance-is-announced-24-hours-ahead")
def test_nor_does_the_operator_put_anybody_there_by_hand(plan, operator, fjordlys, clock):
    """The page says beforehand what changes, and from when on it may be."""
    window = MaintenanceWindow.objects.upcoming().for_job("upgrade").get(wave=other(wave(fjordlys)))
    form = {"name": fjordlys.name, "region": "eu", "wave": window.wave, "state": "running"}
    clock.move_to(window.starts_at - timedelta(hours=25), tick=False)
    asked_back = operator.post("/operator/tenants/fjordlys/", form).content.decode()
    assert "Announced maintenance that newly concerns Fjordlys AS" in asked_back
    assert "Announced maintenance that no longer concerns Fjordlys AS" not in asked_back or window.wave == "b"
    clock.move_to(window.starts_at - timedelta(hours=23), tick=False)
    earliest = f"{window.ends_at.astimezone(OSLO):%H:%M} CET at the earliest."
    assert earliest in operator.post("/operator/tenants/fjordlys/", form).content.decode()
    refused = operator.post("/operator/tenants/fjordlys/", form | {"confirmed": "1"})
    assert refused.status_code == 422 and earliest in refused.content.decode()
    assert wave(fjordlys) != window.wave
    clock.move_to(window.ends_at, tick=False)
    operator.post("/operator/tenants/fjordlys/", form | {"confirmed": "1"})
    assert wave(fjordlys) == window.wave


def test_who_the_operator_put_somewhere_by_hand_stays_there(release, operator, alpenrose, system):
    wanted = other(wave(alpenrose))
    form = {"name": alpenrose.name, "region": "eu", "wave": wanted, "state": "running", "confirmed": "1"}
    operator.post("/operator/tenants/alpenrose/", form)
    run_jobs()
    apply_waves(system)
    assert wave(alpenrose) == wanted
    with in_tenant(alpenrose):
        assert WaveChoice.objects.get().by_operator


def test_what_lies_ahead_is_asked_once_however_many_customers_change_wave(release, fjordlys, alpenrose, system):
    Tenant.objects.filter(pk__in=[fjordlys.pk, alpenrose.pk]).update(wave="f")
    with CaptureQueriesContext(connection) as asked:
        assert apply_waves(system) == 2
    assert len([one for one in asked if 'FROM "availability_maintenancewindow"' in one["sql"]]) == 1


def test_the_operator_draws_anew(release, operator, anna):
    assert anna.post("/operator/releases/draw").status_code == 403
    operator.post("/operator/releases/draw")
    assert Draw.objects.count() == 2
    assert "who chose stays" in operator.get("/operator/releases/").content.decode()


@pytest.mark.parametrize("person", ["mia", "ben"])
def test_everybody_at_a_customer_reads_wave_and_release_on_the_trust_page(person, release, request):
    page = request.getfixturevalue(person).get("/panels/my-release").content.decode()
    assert "Release 0.2.0" in page
