"""The example register with its own texts, published and sealed by the real press."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tillit.foundation.access import Actor
from tillit.foundation.clock import now
from tillit.foundation.testing import run_jobs
from tillit.trust.actions.register import apply_register
from tillit.trust.agreements.actions import draft_agreement, publish_agreement
from tillit.trust.agreements.models import AgreementVersion
from tillit.trust.register import read_register

TRUST = Path(__file__).parents[3]
TEXTS = TRUST / "agreements" / "texts" / "seed"


@pytest.fixture(autouse=True)
def folder(tmp_path, settings):
    settings.DATA = tmp_path
    return tmp_path


@pytest.fixture
def seed(operator_tenant):
    """The example register is in force."""
    register = read_register((TRUST / "profiles" / "seed.toml").read_text())
    return apply_register(Actor.system(operator_tenant), register=register)


def texts_of(slug):
    return {path.name.split(".")[1]: path.read_text() for path in TEXTS.glob(f"{slug}.*.md")}


@pytest.fixture
def publish(seed, operator_tenant):
    """Publish an agreement of the example register, in force from now on; its PDF waits in the queue."""

    def published(slug, **changes):
        actor = Actor.system(operator_tenant)
        texts = {code: _changed(text, changes) for code, text in texts_of(slug).items()}
        draft_agreement(actor, agreement=slug, texts=texts)
        return publish_agreement(actor, agreement=slug, valid_from=now() + timedelta(milliseconds=1))

    return published


def _changed(text, changes):
    for old, new in changes.items():
        text = text.replace(old, new)
    return text


@pytest.fixture
def ai_lab(publish):
    """A short one, published and sealed."""
    version = publish("ai-lab-terms")
    run_jobs()
    return AgreementVersion.objects.get(pk=version.pk)
