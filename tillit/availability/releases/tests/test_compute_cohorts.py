"""Which wave a customer belongs to: recomputable by everybody, evenly spread, steady."""

from collections import Counter
from hashlib import sha256

import pytest

from tillit.availability.releases.cohorts import key_of, wave_of

SEED = "0123456789abcdef"
CUSTOMERS = [f"customer-{number}" for number in range(20_000)]


def waves(percents, seed=SEED):
    return {slug: wave_of(seed, key_of(slug), percents) for slug in CUSTOMERS}


def test_a_stranger_recomputes_a_wave_from_the_published_rule_alone():
    key = sha256(b"fjordlys").hexdigest()
    draw = int.from_bytes(sha256(f"{SEED}:{key}".encode()).digest()[:8], "big") / 2**64
    assert wave_of(SEED, key, {"a": 10, "b": 90}) == ("a" if 100 * draw < 10 else "b")
    assert {wave_of(SEED, key, {"a": percent, "b": 100 - percent}) for percent in (0, 100)} == {"a", "b"}


@pytest.mark.promise("first-wave-is-a-tenth-of-customers")
def test_one_customer_in_ten_belongs_to_the_first_wave():
    counted = Counter(waves({"a": 10, "b": 90}).values())
    assert 0.0936 < counted["a"] / len(CUSTOMERS) < 0.1064  # three standard deviations of an honest draw


@pytest.mark.parametrize("percents", [{"a": 5, "b": 15, "c": 80}, {"a": 1, "b": 9, "c": 30, "d": 60}])
def test_any_number_of_waves_has_its_share(percents):
    counted = Counter(waves(percents).values())
    for wave, percent in percents.items():
        assert abs(counted[wave] / len(CUSTOMERS) - percent / 100) < 0.012


def test_nobody_leaves_the_first_wave_when_it_grows():
    small, large = waves({"a": 10, "b": 90}), waves({"a": 25, "b": 75})
    assert {slug for slug, wave in small.items() if wave == "a"} < {slug for slug, wave in large.items() if wave == "a"}


def test_another_seed_draws_others():
    first, second = waves({"a": 10, "b": 90}), waves({"a": 10, "b": 90}, "another seed")
    both = sum(first[slug] == second[slug] == "a" for slug in CUSTOMERS)
    assert 0.005 < both / len(CUSTOMERS) < 0.016  # a tenth of a tenth


@pytest.mark.parametrize("percents", [{}, {"a": 10}, {"a": 60, "b": 60}, {"a": -10, "b": 110}])
def test_percents_that_do_not_add_up_are_refused(percents):
    with pytest.raises(ValueError, match="add up to 100"):
        wave_of(SEED, key_of("fjordlys"), percents)
