"""Wave and region of a customer are changed by different people at the same time; both together say what it meets."""

from datetime import timedelta

import pytest

from tillit.availability.actions.windows import Details, announce_maintenance
from tillit.availability.releases.actions.plan import begin_stage, end_stage, roll_back_release
from tillit.availability.releases.actions.waves import apply_waves, choose_wave
from tillit.foundation.clock import now
from tillit.foundation.models import Tenant
from tillit.tenants.actions.customers import change_tenant
from tillit.tenants.models import Placement


@pytest.mark.promise("planned-maintenance-is-announced-24-hours-ahead")
def test_a_choice_reckons_with_the_region_that_the_customer_was_just_moved_to(
    plan, anna, fjordlys, operator, system, clock
):
    """Also where the host still remembers the region of before."""
    Tenant.objects.filter(pk=fjordlys.pk).update(wave="a")
    anna.actor.tenant.refresh_from_db()
    starts_at = now() + timedelta(hours=27)
    announce_maintenance(
        operator.actor, kind="planned", starts_at=starts_at, ends_at=starts_at + timedelta(hours=2),
        title={"en": "Power"}, details=Details(wave="b", region="norway"),
    )  # fmt: skip
    clock.shift(timedelta(hours=24))
    change_tenant(operator.actor, tenant=fjordlys, changes={"region": "norway"})
    assert anna.actor.tenant.region == "eu"
    choose_wave(anna.actor, wave="b")
    apply_waves(system)
    assert Tenant.objects.get(pk=fjordlys.pk).wave == "a"
    clock.move_to(starts_at + timedelta(hours=2), tick=False)
    apply_waves(system)
    kept = Placement.objects.filter(customer=fjordlys).order_by("until")
    assert [(one.wave, one.region) for one in kept] == [("a", "eu"), ("a", "norway")]


def test_nor_does_the_operator_change_a_wave_between_two_stages_of_a_release(
    release, alpenrose, operator, system, in_window, clock
):
    window = in_window("a")
    end_stage(system, stage=begin_stage(system, release=release, wave="a"), ok=True)
    clock.move_to(window.ends_at, tick=False)
    before = Tenant.objects.get(pk=alpenrose.pk).wave
    form = {"name": "Alpenrose AG", "region": "eu", "wave": before, "state": "running", "confirmed": "1"}
    moved = form | {"wave": "a" if before == "b" else "b"}
    refused = operator.post("/operator/tenants/alpenrose/", moved)
    assert refused.status_code == 422 and "nobody changes wave" in refused.content.decode()
    assert operator.post("/operator/tenants/alpenrose/", form).status_code == 302
    roll_back_release(system, release=release, because="It was slow.")
    assert operator.post("/operator/tenants/alpenrose/", moved).status_code == 302
