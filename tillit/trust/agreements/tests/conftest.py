"""A register with agreements, and texts that can be published."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tillit.foundation.access import Actor
from tillit.trust.actions.register import apply_register
from tillit.trust.agreements.actions import draft_agreement, publish_agreement
from tillit.trust.agreements.testing import texts
from tillit.trust.register import read_register

PROFILES = Path(__file__).parents[2] / "profiles"


@pytest.fixture
def seed_text():
    return (PROFILES / "seed.toml").read_text()


@pytest.fixture
def seed(operator_tenant, seed_text):
    """The example register is in force."""
    return apply_register(Actor.system(operator_tenant), register=read_register(seed_text))


@pytest.fixture
def in_force(operator_tenant, seed_text):
    """Put the example register into force with some of its text replaced."""

    def apply(pattern, replacement):
        changed = re.sub(pattern, replacement, seed_text, count=1)
        return apply_register(Actor.system(operator_tenant), register=read_register(changed))

    return apply


@pytest.fixture
def publish(seed, operator):
    """Publish these texts as the next version of an agreement."""

    def next_version(by_language=None, slug="crm-online-dpa", **options):
        draft_agreement(operator.actor, agreement=slug, texts=by_language or texts())
        return publish_agreement(operator.actor, agreement=slug, **options)

    return next_version
