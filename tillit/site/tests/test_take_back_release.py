"""Taken back on the operator's page, a release runs nowhere any more."""

import argparse
from datetime import timedelta

import pytest

from tillit.availability.models import WindowWork
from tillit.availability.releases.models import Release
from tillit.foundation.clock import now
from tillit.foundation.testing import run_jobs
from tillit.site import rollout, runtime
from tillit.site.commands import release as command
from tillit.site.problems import Problem


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


def test_a_release_that_was_only_planned_takes_no_other_back_with_it(ordered, operator, monkeypatch, capsys):
    data = runtime.data_folder()
    whole = rollout.give(data, rollout.Order("/srv/new", "0.2.0", "/srv/old", ("a", "b"), whole=True))
    planned = Release.objects.create(version="0.3.0")
    operator.post(f"/operator/releases/{planned.pk}/back", {"because": "Not yet."})
    run_jobs()
    assert rollout.order(data) == whole
    Release.objects.create(version="0.4.0")
    monkeypatch.setattr(runtime, "is_running", lambda _data: True)
    monkeypatch.setattr(command, "release_in", str)
    command.run(argparse.Namespace(verb="back", because="Not yet.", data=data))
    assert rollout.order(data) == whole and "/srv/new" in capsys.readouterr().out
    assert Release.objects.get(version="0.4.0").state == "rolled_back"


@pytest.mark.parametrize(
    ("waves", "whole", "main", "beside"),
    [((), False, "/srv/old", False), (("a",), False, "/srv/old", True), (("a", "b"), True, "/srv/new", False)],
)
def test_an_order_says_what_serves_whom(waves, whole, main, beside):
    order = rollout.Order("/srv/new", "0.2.0", "/srv/old", waves, whole)
    assert (str(order.main), order.beside) == (main, beside)
    assert order.taken_back().waves == ()
    assert order.with_wave("b", root="/srv/newer", release="0.3.0", whole=False).before == main


def test_a_wave_that_may_not_begin_is_refused_in_a_sentence_and_work_that_was_broken_off_ends(
    operator_tenant, monkeypatch, tmp_path
):
    monkeypatch.setattr(runtime, "is_running", lambda _data: True)
    monkeypatch.setattr(command, "_accepted", lambda _options: tmp_path)
    monkeypatch.setattr(command, "release_in", lambda _root: "0.2.0")
    times = {"starts_at": now(), "started_at": now(), "ends_at": now() + timedelta(hours=2)}
    lost = WindowWork.objects.create(job="upgrade", wave="a", proven_at=now() - timedelta(hours=25), **times)
    start = argparse.Namespace(
        verb="start", wave="b", data=tmp_path, bake_hours=0, notes_en="", notes_de="", notes_nb=""
    )
    with pytest.raises(Problem, match="no line for upgrades"):
        command.run(start)
    lost.refresh_from_db()
    assert lost.outcome == "lost"
    Release.objects.create(version="0.2.0").stages.create(wave="a", percent=100)
    with pytest.raises(Problem, match="The next wave is A"):
        command.run(start)


def test_one_wave_at_a_time_is_brought_to_a_release(tmp_path):
    with command._alone(tmp_path), pytest.raises(Problem, match="already"), command._alone(tmp_path):
        pass
    with command._alone(tmp_path):  # nobody holds it any more
        pass
