"""A Monday morning in Oslo, the plan of the example register, and what an operator types."""

import tomllib
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.utils.timezone import localtime, now

import tillit
from tillit.availability.actions.measuring import Proof, take_measurement
from tillit.availability.actions.plan import apply_components, apply_rules
from tillit.availability.actions.windows import Details, announce_maintenance
from tillit.availability.models import Component, MaintenanceWindow
from tillit.availability.testing import asked_emergency
from tillit.foundation.access import Actor
from tillit.foundation.models import Role
from tillit.foundation.testing import make_person

OSLO = ZoneInfo("Europe/Oslo")
SEED = Path(tillit.__file__).parent / "trust" / "profiles" / "seed.toml"


@pytest.fixture(autouse=True)
def clock(time_machine):
    """Monday, 23 November 2026, nine o'clock in Oslo. `clock.move_to(...)` goes elsewhere."""
    time_machine.move_to(datetime(2026, 11, 23, 9, 0, tzinfo=OSLO), tick=False)
    return time_machine


@pytest.fixture
def register():
    return tomllib.loads(SEED.read_text())


@pytest.fixture
def prove(operator_tenant):
    """Lets probes prove these parts (without names: all), in a state, until a time that is far away."""

    def measure(*slugs, state="operational", until=None):
        proof = Proof(state, now(), until or now() + timedelta(days=365))
        for component in Component.objects.filter(slug__in=slugs) if slugs else Component.objects.in_service():
            take_measurement(Actor.system(operator_tenant), component=component, proof=proof)

    return measure


@pytest.fixture
def plan(register, operator_tenant, prove):
    """The six rules and the parts of the example register are in force; what is due is announced. For a year probes
    prove that all parts work: `prove(until=now())` lets that end."""
    system = Actor.system(operator_tenant)
    apply_rules(system, rules=register["maintenance_rules"])
    apply_components(system, components=register["components"])
    prove()


@pytest.fixture
def second(operator_tenant):
    """Another one of the operator's staff, who confirms what the first one asked for."""
    return make_person(operator_tenant, "Berit Vakt", Role.OPERATOR)


@pytest.fixture
def announced(operator, request):
    """Announces a window `hours` from now, two hours long unless told otherwise; an emergency with a second person."""

    def announce(hours=48, *, lasting=2, kind="planned", title="Work on the network", **details):
        starts_at = now() + timedelta(hours=hours)
        announcer = operator
        if "reason" in details:
            details["reasons"] = {"en": details.pop("reason")}
        if kind == "emergency":
            announcer = request.getfixturevalue("second")
            details |= {"announced_by": operator.user, "advisory": asked_emergency(operator.user)}
        return announce_maintenance(
            announcer.actor,
            kind=kind,
            starts_at=starts_at,
            ends_at=starts_at + timedelta(hours=lasting),
            title={"en": title},
            details=Details(**details),
        )

    return announce


@pytest.fixture
def typed():
    """What the operator types to announce a window `hours` (and `seconds`) from now."""

    def type_in(kind="planned", hours=25, *, lasting=2, **more):
        starts_at = localtime(now() + timedelta(hours=hours), OSLO)
        return {
            "kind": kind,
            "title_en": "Work on the network",
            "starts_at": f"{starts_at:%Y-%m-%dT%H:%M:%S}",
            "ends_at": f"{starts_at + timedelta(hours=lasting):%Y-%m-%dT%H:%M:%S}",
            "effect": "seconds",
            "reasons_en": "A hole in the TLS library must be closed." if kind == "emergency" else "",
        } | more

    return type_in


@pytest.fixture
def windows():
    """Titles of the windows that stand, in order."""

    def titles():
        return [window.title["en"] for window in MaintenanceWindow.objects.upcoming()]

    return titles
