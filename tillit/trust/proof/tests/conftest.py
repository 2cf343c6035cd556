"""A register that says only what a test adds to it, and the runs of the clock's jobs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tillit.foundation.access import Actor
from tillit.trust.actions.register import apply_register
from tillit.trust.proof.jobs.checks import keep_retention, run_due_checks
from tillit.trust.register import read_register

BLANK = Path(__file__).parents[2] / "profiles" / "blank.toml"


@pytest.fixture
def says(operator_tenant):
    """Put a register into force that says this, besides who the operator is."""
    return lambda text: apply_register(
        Actor.system(operator_tenant), register=read_register(f"{BLANK.read_text()}\n{text}")
    )


@pytest.fixture
def checks_run(operator_tenant):
    """The clock has come to the checks."""
    return lambda: run_due_checks(Actor.system(operator_tenant))


@pytest.fixture
def purge_runs(operator_tenant):
    """The clock has come to the purge."""
    return lambda: keep_retention(Actor.system(operator_tenant))
