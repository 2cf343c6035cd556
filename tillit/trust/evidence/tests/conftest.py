"""The register as the tests' cloud has it: the example, or one that names whom the register of information asks for."""

from __future__ import annotations

from pathlib import Path

import pytest

from tillit.foundation.access import Actor
from tillit.trust.actions.register import apply_register
from tillit.trust.register import read_register

TRUST = Path(__file__).parents[2]
LINKED = """
[[processors]]
slug = "nordrack"
name = "Nordrack"
legal_entity = "Nordrack AS"
registration = "NOBRREG.912345678"
role = "hosting"
critical = true
seat_city = "Bergen"
seat_country = "NO"
storage_countries = ["NO", "SE"]
processing_countries = ["NO", "SE"]
transfer_basis = "none"
processing.en = "Norway, Sweden"
type.en = "Hosting provider"
service.en = "Runs the machines."

[[processors]]
slug = "kaldvann"
name = "Kaldvann"
legal_entity = "Kaldvann AB"
registration = "SEBOLREG.5561234567"
role = "hosting"
parent = "nordrack"
critical = true
seat_country = "SE"
processing_countries = ["SE"]
transfer_basis = "none"
processing.en = "Sweden"
type.en = "Data centre"
service.en = "Houses the machines."

[[data_centres]]
slug = "fjell"
name = "Fjell 1"
city = "Bergen"
country = "NO"
processor = "nordrack"
"""
OURS = '\nlei = "549300TILLITDRIFT096"\nlegal_entity = "Tillit Drift AS"\nseat_city = "Oslo"\nseat_country = "NO"'


@pytest.fixture
def seed_text():
    return (TRUST / "profiles" / "seed.toml").read_text()


@pytest.fixture
def linked_text():
    """A cloud of which everything is stated that DORA's register of information asks for."""
    blank = (TRUST / "profiles" / "blank.toml").read_text()
    named = blank.replace('name = "Your company"', f'name = "Tillit Drift"{OURS}', 1)
    region = named.replace('slug = "home"', 'slug = "eu"\ncountries = ["NO"]', 1)
    return f"{region}\n{LINKED}"


@pytest.fixture
def in_force(operator_tenant):
    """Put a register into force, given as the text of a file."""
    return lambda text: apply_register(Actor.system(operator_tenant), register=read_register(text))


@pytest.fixture
def seed(in_force, seed_text):
    return in_force(seed_text)


@pytest.fixture
def linked(in_force, linked_text):
    return in_force(linked_text)


@pytest.fixture
def chosen_text():
    """An agreement of the example register, as its file."""
    return lambda slug, language="en": (TRUST / "agreements" / "texts" / "seed" / f"{slug}.{language}.md").read_text()
