"""The register as the tests' cloud has it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tillit.foundation.access import Actor
from tillit.trust.actions.register import apply_register
from tillit.trust.register import read_register

PROFILES = Path(__file__).parents[1] / "profiles"
# An invented processor, to be added to a register
NEW = """
[[processors]]
slug = "nordpost"
name = "Nordpost AS"
role = "mail"
seat_country = "NO"
processing_countries = ["NO"]
purposes = ["mail"]
reached_at = ["smtps://smtp.nordpost.example"]
processing.en = "Norway"
type.en = "E-mail provider"
service.en = "Sends mail."
"""


def profile(name):
    return (PROFILES / f"{name}.toml").read_text()


@pytest.fixture
def seed_text():
    return profile("seed")


@pytest.fixture
def in_force(operator_tenant):
    """Put a register into force, given as the text of a file."""
    return lambda text: apply_register(Actor.system(operator_tenant), register=read_register(text))


@pytest.fixture
def seed(in_force, seed_text):
    """The example register is in force."""
    return in_force(seed_text)


@pytest.fixture
def blank(in_force):
    """A register that promises nothing yet is in force."""
    return in_force(profile("blank"))
