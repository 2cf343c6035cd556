"""The gate: worse is held, not enough seen is no promotion."""

from datetime import timedelta

import pytest

from tillit.availability.releases.judging import BOUNDS, BUCKETS, Figures, judge

HOUR = timedelta(hours=1)


def seen(requests, errors=0, *, milliseconds=50, jobs=0, failed_jobs=0):
    """So many requests, all in the bucket of this duration."""
    buckets = [0] * BUCKETS
    buckets[next((n for n, bound in enumerate(BOUNDS) if milliseconds <= bound), BUCKETS - 1)] = requests
    return Figures(requests, errors, tuple(buckets), jobs, failed_jobs)


@pytest.mark.parametrize(
    ("new", "rest", "outcome", "because"),
    [
        (seen(500), seen(5000), "good", ()),
        (seen(500, 5), seen(5000, 50), "good", ()),  # as many fail as before
        (seen(500, 9), seen(5000), "worse", ("errors",)),
        (seen(500, 4), seen(5000), "good", ()),  # under one in a hundred, on top of nothing
        (seen(20, 20), seen(5000), "waiting", ("requests",)),  # twenty say nothing yet, not even when all fail
        (seen(30, 30), seen(0), "worse", ("errors",)),  # an outage needs no comparison
        (seen(199), seen(5000), "waiting", ("requests",)),
        (seen(0), seen(0), "waiting", ("requests",)),
        (seen(500, milliseconds=900), seen(5000), "worse", ("p95",)),
        (seen(500, milliseconds=900), seen(10), "good", ()),  # nothing to compare with
        (seen(500, milliseconds=90), seen(5000, milliseconds=9), "good", ()),  # ten times, and nobody notices
        (seen(500, jobs=10, failed_jobs=4), seen(5000, jobs=100), "worse", ("jobs",)),
        (seen(500, jobs=4, failed_jobs=4), seen(5000, jobs=100), "good", ()),
        (seen(500, 50, milliseconds=9000), seen(5000), "worse", ("errors", "p95")),
    ],
)
def test_a_release_goes_on_only_when_it_does_as_well_as_the_one_before(new, rest, outcome, because):
    said = judge(new, rest, baked=2 * HOUR, bake=HOUR)
    assert (said.outcome, said.because) == (outcome, because)


def test_a_release_that_does_well_waits_for_its_hours():
    assert judge(seen(500), seen(5000), baked=HOUR, bake=2 * HOUR).because == ("time",)


def test_a_bad_release_is_not_given_its_hours_first():
    assert judge(seen(500, 100), seen(5000), baked=HOUR, bake=48 * HOUR).outcome == "worse"


@pytest.mark.parametrize(
    ("buckets", "p95"),
    [
        ((0,) * BUCKETS, None),
        ((100, *(0,) * (BUCKETS - 1)), 4.75),  # straight between 0 and 5
        ((90, 10, *(0,) * (BUCKETS - 2)), 7.5),
        ((*(0,) * (BUCKETS - 1), 10), 5000.0),  # the last bucket is open
    ],
)
def test_durations_are_told_between_the_bounds(buckets, p95):
    assert Figures(sum(buckets), 0, buckets).p95 == p95
