"""The register as the tests' cloud has it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tillit.foundation.access import Actor
from tillit.trust.actions import apply_register
from tillit.trust.register import read_register

PROFILES = Path(__file__).parents[1] / "profiles"


def profile(name):
    return (PROFILES / f"{name}.toml").read_text()


@pytest.fixture
def seed(operator_tenant):
    """The example register is in force."""
    return apply_register(Actor.system(operator_tenant), register=read_register(profile("seed")))
