"""Taken back on the operator's page, a release runs nowhere any more."""

import pytest

from tillit.availability.releases.models import Release
from tillit.foundation.testing import run_jobs
from tillit.site import rollout, runtime


@pytest.fixture
def ordered(db):
    """Wave A runs on a release in another checkout."""
    data = runtime.data_folder()
    yield rollout.give(data, rollout.Order("/srv/new", "0.2.0", "/srv/old", ("a",)))
    (data / "rollout.json").unlink()


def test_the_operator_takes_a_release_back_and_the_supervisor_is_told(ordered, operator):
    release = Release.objects.create(version="0.2.0", state=Release.State.RUNNING)
    operator.post(f"/operator/releases/{release.pk}/back", {"because": "Lists were empty."})
    assert rollout.order(runtime.data_folder()).waves == ("a",)
    run_jobs()
    told = rollout.order(runtime.data_folder())
    assert (told.waves, str(told.main)) == ((), "/srv/old")


@pytest.mark.parametrize(
    ("waves", "whole", "main", "beside"),
    [((), False, "/srv/old", False), (("a",), False, "/srv/old", True), (("a", "b"), True, "/srv/new", False)],
)
def test_an_order_says_what_serves_whom(waves, whole, main, beside):
    order = rollout.Order("/srv/new", "0.2.0", "/srv/old", waves, whole)
    assert (str(order.main), order.beside) == (main, beside)
    assert order.taken_back().waves == ()
    assert order.with_wave("b", root="/srv/newer", release="0.3.0", whole=False).before == main
