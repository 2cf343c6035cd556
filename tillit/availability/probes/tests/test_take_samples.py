"""Only registered probers deliver, each delivery is signed, and twice the same counts once."""

from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from tillit.availability.actions.measuring import ONE_KEEPER
from tillit.availability.actions.plan import apply_components
from tillit.availability.models import Component
from tillit.availability.probes.actions.probers import add_prober, end_prober
from tillit.availability.probes.models import Prober, Sample
from tillit.availability.probes.signing import public_of
from tillit.availability.queries import export_components
from tillit.foundation.access import Actor
from tillit.foundation.errors import Refused

from .conftest import Deliverer, measured


def test_a_sample_turns_a_part_green_until_it_is_old(oslo, shown, clock):
    assert shown()["Sign-in"] == "degraded_performance"  # unknown, in the words of that API
    oslo.says(True, "sign-in")
    assert shown()["Sign-in"] == "operational"
    clock.shift(timedelta(seconds=181))  # three are missed
    assert shown()["Sign-in"] == "degraded_performance"
    assert Component.objects.get(slug="sign-in").proven_until == now() - timedelta(seconds=1)


def test_what_is_delivered_twice_counts_once(oslo):
    body = oslo.body(measured("api"), measured("sign-in"))
    assert oslo.post(body).json() == {"new": 2, "known": 0, "refused": {}}
    assert oslo.post(body).json() == {"new": 0, "known": 2, "refused": {}}
    assert Sample.objects.count() == 2


def test_samples_and_a_register_wait_for_each_other_before_they_touch_any_part(oslo, operator_tenant):
    system, parts = Actor.system(operator_tenant), export_components()
    for work in (lambda: oslo.says(True, "api"), lambda: apply_components(system, components=parts)):
        with CaptureQueriesContext(connection) as asked:
            work()
        said = [query["sql"] for query in asked]
        waited = next(number for number, sql in enumerate(said) if f"pg_advisory_xact_lock({ONE_KEEPER}" in sql)
        touched = [number for number, sql in enumerate(said) if "availability_component" in sql and "UPDATE" in sql]
        assert touched and waited < min(touched)


def test_nobody_delivers_for_another(oslo, public, deliverer):
    stranger = Deliverer(public, "oslo-1", Ed25519PrivateKey.generate())
    unknown = Deliverer(public, "bergen-9", Ed25519PrivateKey.generate())
    assert stranger.post(stranger.body(measured("api"))).status_code == 401
    assert unknown.post(unknown.body(measured("api"))).status_code == 401
    assert oslo.post(oslo.body(measured("api")), **{"tillit-signature": "AAAA"}).status_code == 401
    body = oslo.body(measured("api", ok=False))
    forged = body.replace(b"false", b"true")
    assert oslo.post(forged, **{"tillit-signature": ""}).status_code == 401
    assert not Sample.objects.exists()
    assert public.get("/status/samples").status_code == 405


@pytest.mark.parametrize(
    "change",
    [
        {"sent_at": "2026-11-23T12:00:00"},
        {"samples": [{"probe": "api"}]},
        {"samples": [measured("api", at=now()) | {"what": "anna@fjordlys.example"}]},
        {"samples": [measured("api", at=now()) | {"milliseconds": -1}]},
        {"samples": 3},
    ],
)
def test_what_is_no_delivery_is_refused_with_a_reason(oslo, change):
    answer = oslo.post(oslo.body(**change))
    assert answer.status_code == 400 and answer.json()["detail"]
    assert oslo.post(b"[" * 5000).status_code == 400
    assert Prober.objects.get(name="oslo-1").is_refused
    assert oslo.post(b" " * 300_000).status_code == 413
    assert not Sample.objects.exists()


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"to": "another.example"}, 421),
        ({"sent_at": "2026-11-23T11:54:59+00:00"}, 409),
        ({"sent_at": "2026-11-23T12:05:01+00:00"}, 409),
    ],
)
def test_what_may_be_over_in_a_while_is_not_refused_for_good(oslo, change, status):
    answer = oslo.post(oslo.body(measured("api"), **change))
    assert answer.status_code == status and answer.json()["detail"]
    assert not Sample.objects.exists() and not Prober.objects.get(name="oslo-1").is_refused


def test_samples_of_another_time_or_question_are_left_out(oslo):
    late, early = now() - timedelta(hours=37), now() + timedelta(minutes=2)
    told = oslo.send(
        measured("api", at=late), measured("api", at=early), measured("weather"), measured("api"),
        measured("api", at=now() - timedelta(hours=35)),
    )  # fmt: skip
    assert told == {"new": 2, "known": 0, "refused": {"unknown_probe": 1, "too_early": 1, "too_late": 1}}


def test_the_operator_says_who_measures_and_until_when(oslo, operator, anna, operator_tenant):
    key = public_of(Ed25519PrivateKey.generate())
    with pytest.raises(Refused, match="no public key"):
        add_prober(operator.actor, name="x", place="y", region="norway", key="nothing")
    with pytest.raises(Refused, match="known already"):
        add_prober(operator.actor, name="oslo-1", place="y", region="norway", key=key)
    prober = end_prober(operator.actor, prober=Prober.objects.get(name="oslo-1"))
    assert prober.ended_at == now()
    assert oslo.post(oslo.body(measured("api"))).status_code == 401


def test_the_register_says_which_probes_prove_a_part(oslo, operator_tenant, shown):
    entries = [
        {"slug": "shop", "name": {"en": "Shop"}, "probes": ["api", "sign-in"]},
        {"slug": "inbox", "name": {"en": "Inbox"}, "probes": ["mail-in"]},
    ]
    apply_components(Actor.system(operator_tenant), components=entries)
    assert [
        {"slug": one["slug"], "name": one["name"], "probes": one["probes"]} for one in export_components()
    ] == entries
    oslo.says(True, "api")
    assert shown() == {"Shop": "degraded_performance", "Inbox": "degraded_performance"}
    oslo.says(True, "sign-in")
    assert shown() == {"Shop": "operational", "Inbox": "degraded_performance"}  # no mailbox is named
    with pytest.raises(Refused, match="wrong form"):
        apply_components(Actor.system(operator_tenant), components=[entries[0] | {"probes": "api"}])
