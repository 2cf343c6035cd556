"""A Monday noon in UTC, the parts of the example register, a prober that is registered, and its deliveries."""

import json
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.utils.timezone import now

import tillit
from tillit.availability.actions.plan import apply_components
from tillit.availability.models import Component
from tillit.availability.probes.actions.probers import add_prober
from tillit.availability.probes.signing import public_of, sign
from tillit.foundation.access import Actor

SEED = Path(tillit.__file__).parent / "trust" / "profiles" / "seed.toml"
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock(time_machine):
    """Monday, 23 November 2026, noon in UTC. `clock.shift(20)` goes on."""
    time_machine.move_to(NOON, tick=False)
    return time_machine


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    """A data folder of this test's own."""
    settings.DATA = tmp_path / "data"
    settings.DATA.mkdir()
    return settings.DATA


@pytest.fixture
def parts(operator_tenant):
    """The parts of the service, by slug."""
    register = tomllib.loads(SEED.read_text())
    apply_components(Actor.system(operator_tenant), components=register["components"])
    return {one.slug: one for one in Component.objects.all()}


class Deliverer:
    """A prober: what it signs and sends."""

    def __init__(self, person, name, key):
        self.person, self.name, self.key = person, name, key

    def post(self, body, **headers):
        told = {"tillit-prober": self.name, "tillit-signature": sign(self.key, body)} | headers
        return self.person.post("/status/samples", body, "application/json", headers=told)

    def body(self, *samples, **changes):
        told = {"to": settings.BASE_HOST, "sent_at": now().isoformat(), "samples": list(samples)}
        return json.dumps(told | changes).encode()

    def send(self, *samples):
        answer = self.post(self.body(*samples))
        assert answer.status_code == 200, answer.content
        return answer.json()

    def says(self, ok, *probes, at=None, what="refused"):
        """A delivery of one sample of each probe, asked now."""
        return self.send(*(measured(probe, ok, at=at, what="" if ok else what) for probe in probes))


def measured(probe, ok=True, *, at=None, what=""):
    return {"probe": probe, "at": (at or now()).isoformat(), "ok": ok, "milliseconds": 12, "what": what}


@pytest.fixture
def deliverer(operator, public):
    def make(name="oslo-1", region="norway"):
        key = Ed25519PrivateKey.generate()
        add_prober(operator.actor, name=name, place=f"{name}, a rack", region=region, key=public_of(key))
        return Deliverer(public, name, key)

    return make


@pytest.fixture
def oslo(deliverer, parts):
    """A registered prober."""
    return deliverer()


@pytest.fixture
def shown(public):
    """The states the API shows, by part; `unknown` is not green there."""

    def look():
        components = public.get("/status/api/v2/components.json").json()["components"]
        return {one["name"]: one["status"] for one in components}

    return look


@pytest.fixture
def every(clock):
    """Does something every 20 seconds."""

    def repeat(times, happens):
        for _ in range(times):
            clock.shift(timedelta(seconds=20))
            happens()

    return repeat
