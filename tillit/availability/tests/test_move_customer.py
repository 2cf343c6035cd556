"""Who is moved meets nothing that they were not told of a day ahead, and leaves nothing that is under way for them."""

import re
from datetime import date, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from tillit.availability.actions.work import begin_work, prove_notices
from tillit.availability.models import MaintenanceRule, WindowWork
from tillit.availability.moving import Move
from tillit.foundation.access import Actor
from tillit.foundation.errors import Refused
from tillit.foundation.models import Tenant

AT = "/operator/tenants/fjordlys/"
HERE, THERE = "eu", "norway"


@pytest.fixture
def move(operator, fjordlys):
    """The operator moves Fjordlys to another region: what the page says where it is refused, "" where it is done."""

    def attempt(region=THERE):
        form = {"name": fjordlys.name, "region": region, "wave": fjordlys.wave, "state": "running", "confirmed": "1"}
        answer = operator.post(AT, form)
        moved = Tenant.objects.get(pk=fjordlys.pk).region == region
        assert (answer.status_code == 302) is moved
        return "" if moved else answer.content.decode()

    return attempt


def test_the_time_that_is_named_is_the_time_it_can_move(announced, clock, move, fjordlys):
    """Also where the window of the old region begins only while one waits for that of the new one."""
    announced(25, lasting=2, region=THERE)
    announced(26, lasting=4, region=HERE)
    clock.shift(timedelta(hours=24))
    going = Move.of(fjordlys, fjordlys.wave, THERE)
    assert going.earliest == now() + timedelta(hours=6)
    assert "Tue, 24 Nov 2026, 15:00 CET at the earliest" in move()
    clock.move_to(going.earliest - timedelta(minutes=1), tick=False)
    assert "would leave maintenance that is under way" in move()
    clock.move_to(going.earliest, tick=False)
    assert not move()


@pytest.mark.promise("planned-maintenance-is-announced-24-hours-ahead")
def test_the_weekly_routine_of_the_new_region_is_waited_for_the_nightly_one_is_told(plan, clock, move, operator):
    """Where there is a routine every night, no waiting helps: the operator is asked to tell the customer."""
    rule = MaintenanceRule.objects.get(key="restart")
    weekly = {"rrule": "FREQ=WEEKLY;BYDAY=TU", "anchor": date(2026, 1, 6), "start": time(2), "end": time(3)}
    MaintenanceRule.objects.filter(pk=rule.pk).update(region=THERE, **weekly)
    clock.shift(timedelta(hours=11))
    assert "would meet maintenance it was not told of" in move() and "Tue, 24 Nov 2026, 03:00" in move()
    MaintenanceRule.objects.filter(pk=rule.pk).update(rrule=rule.rrule, anchor=rule.anchor)
    form = {"name": "Fjordlys", "region": THERE, "wave": "a", "state": "running"}
    page = re.sub(r"\s+", " ", operator.post(AT, form).content.decode())
    assert "was not told of: please tell it" in page and "Server restart: Every night at 02:00" in page
    assert "No announced maintenance changes" not in page
    assert not move()


def test_nobody_leaves_or_meets_work_that_takes_longer_than_announced(announced, clock, move, fjordlys):
    window = announced(25, lasting=2, region=HERE)
    told = {"starts_at": window.starts_at, "ends_at": window.ends_at, "proven_at": window.announced_at}
    clock.move_to(window.starts_at, tick=False)
    work = WindowWork.objects.create(job="network", window=window, started_at=now(), **told)
    clock.move_to(window.ends_at + timedelta(minutes=5), tick=False)
    assert "would leave maintenance" in move() and "can move when it has ended" in move()
    work.ended_at, work.outcome = now(), WindowWork.Outcome.DONE
    work.save()
    with CaptureQueriesContext(connection) as asked:
        assert not Move.of(fjordlys, fjordlys.wave, THERE).waits_for
    assert len(asked) == 2
    assert not move()


@pytest.mark.promise("planned-maintenance-is-announced-24-hours-ahead")
def test_who_is_let_in_again_meets_nothing_that_was_announced_while_it_was_shut(announced, clock, operator, fjordlys):
    """Who was shut only within the notice was told of it before, and may come back at once."""
    system = Actor.system(operator.tenant)

    page = {"name": fjordlys.name, "region": HERE, "wave": "a"}

    def set_state(state):
        answer = operator.post(AT, page | {"state": state, "confirmed": "1"})
        return "" if answer.status_code == 302 else answer.content.decode()

    assert not set_state("suspended")
    window = announced(48, lasting=2, wave="a", job="network")
    prove_notices(system)
    clock.move_to(window.starts_at - timedelta(minutes=2), tick=False)
    for state in ("running", "offline_maintenance"):
        assert "Wed, 25 Nov 2026, 11:00 CET at the earliest" in (said := set_state(state)) and "can be let in" in said
    asked_back = operator.post(AT, page | {"state": "running"}).content.decode()
    assert "can be let in on Wed, 25 Nov 2026, 11:00 CET" in asked_back and "Work on the network" in asked_back
    clock.move_to(window.ends_at, tick=False)
    assert not set_state("running")
    announced(48, wave="a")
    clock.shift(timedelta(hours=30))
    assert not set_state("suspended") and not set_state("running")


@pytest.mark.promise("work-happens-only-in-its-windows")
def test_who_moves_shortly_before_the_notice_must_begin_is_asked_for_or_refused(announced, clock, operator, fjordlys):
    """Ten minutes are left for reading the pages back; nobody comes in them whom nothing would ask for."""
    system = Actor.system(operator.tenant)
    window = announced(30, wave="c", job="network")
    prove_notices(system)
    clock.shift(timedelta(hours=5, minutes=55))
    form = {"name": fjordlys.name, "region": HERE, "wave": "c", "state": "running", "confirmed": "1"}
    assert operator.post(AT, form).status_code == 422
    clock.shift(-timedelta(minutes=5))
    assert operator.post(AT, form).status_code == 302
    clock.move_to(window.starts_at, tick=False)
    with pytest.raises(Refused, match="never seen to stand"):
        begin_work(system, job="network", wave="c")
