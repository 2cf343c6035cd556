"""The plan of the example register, and a data folder of the test's own, in which the copy's key and folder lie."""

import tomllib
from pathlib import Path

import pytest

import tillit
from tillit.availability.actions.plan import apply_components, apply_rules
from tillit.foundation.access import Actor

SEED = Path(tillit.__file__).parent / "trust" / "profiles" / "seed.toml"


@pytest.fixture(autouse=True)
def data(settings, tmp_path):
    settings.DATA = tmp_path
    return tmp_path


@pytest.fixture
def system(operator_tenant):
    return Actor.system(operator_tenant)


@pytest.fixture
def plan(system):
    """The six rules and the parts of the example register are in force."""
    register = tomllib.loads(SEED.read_text())
    apply_rules(system, rules=register["maintenance_rules"])
    apply_components(system, components=register["components"])
