"""The plan of the example register, and a release in waves."""

import tomllib
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import tillit
from tillit.availability.actions.plan import apply_rules
from tillit.availability.models import MaintenanceWindow, NoticeProof
from tillit.availability.proving import concerned, spots
from tillit.availability.releases.actions.plan import plan_release
from tillit.foundation.access import Actor

OSLO = ZoneInfo("Europe/Oslo")
SEED = Path(tillit.__file__).parent / "trust" / "profiles" / "seed.toml"


@pytest.fixture(autouse=True)
def clock(time_machine):
    """Monday, 16 November 2026, nine o'clock in Oslo."""
    time_machine.move_to(datetime(2026, 11, 16, 9, 0, tzinfo=OSLO), tick=False)
    return time_machine


@pytest.fixture
def system(operator_tenant):
    return Actor.system(operator_tenant)


@pytest.fixture
def plan(system):
    apply_rules(system, rules=tomllib.loads(SEED.read_text())["maintenance_rules"])


@pytest.fixture
def release(plan, system, fjordlys, alpenrose):
    return plan_release(system, version="0.2.0", notes={"en": "Faster lists."}, bake_hours=24)


@pytest.fixture
def in_window(clock):
    """Moves the clock into a wave's next announced window, whose notice stood everywhere in time."""

    def move(wave):
        window = MaintenanceWindow.objects.upcoming().for_job("upgrade").filter(wave=wave).first()
        for spot in concerned(window, spots()):
            named = {"window": window, "sequence": window.sequence, "place": spot.place, "audience": spot.audience}
            NoticeProof.objects.get_or_create(**named, verified_at=window.announced_at)
        clock.move_to(window.starts_at, tick=False)
        return window

    return move
