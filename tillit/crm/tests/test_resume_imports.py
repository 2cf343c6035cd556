"""An import outlives an outage of the database: it goes on where it was, no row lost and none twice."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import InterfaceError, OperationalError
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.jobs import Job

from tillit.crm.imports import jobs, queries
from tillit.crm.imports.models import Import
from tillit.crm.models import Company
from tillit.foundation.jobs import registered
from tillit.foundation.tenancy import in_tenant
from tillit.foundation.testing import run_jobs

OUTAGES = [OperationalError("terminating connection"), InterfaceError("connection already closed")]


def begin(person):
    """Upload three rows and start; returns the number of the import."""
    file = SimpleUploadedFile("list.csv", b"Name\nNordlys AS\nFjord AS\nBerg AS\n")
    page = person.post("/companies/import/", {"file": file}).url
    return int(person.post(page, {"column_0": "name", "on_match": "add", "start": "1"}).url.strip("/").split("/")[-1])


def go_away(monkeypatch, verb, error, *, after):
    """Let the database fail at a later batch; at the next attempt it is there again."""
    real, count = getattr(jobs, verb), iter(range(100))

    def fail_once(*arguments, **named):
        if next(count) == after:
            raise error
        return real(*arguments, **named)

    monkeypatch.setattr(jobs, verb, fail_once)


def again(name):
    """The worker's next attempt at the job that failed."""
    registered[name](**ProcrastinateJob.objects.filter(task_name=name).latest("id").args)


def state_of(person, number):
    with in_tenant(person.tenant):
        return Import.objects.get(pk=number).state, Company.objects.count()


@pytest.mark.parametrize("error", OUTAGES)
def test_rows_are_taken_once_though_the_database_was_away(anna, monkeypatch, error):
    monkeypatch.setattr(queries, "BATCH", 1)
    number = begin(anna)
    go_away(monkeypatch, "take_rows", error, after=1)
    with pytest.raises(type(error)):
        run_jobs()
    assert state_of(anna, number) == ("running", 1)
    again("imports.run")
    assert state_of(anna, number) == ("done", 3)


@pytest.mark.parametrize("error", OUTAGES)
def test_undoing_goes_on_after_the_database_was_away(anna, monkeypatch, error):
    number = begin(anna)
    run_jobs()
    anna.post(f"/imports/{number}/undo/")
    go_away(monkeypatch, "undo_rows", error, after=1)
    with pytest.raises(type(error)):
        run_jobs()
    again("imports.undo")
    assert state_of(anna, number) == ("undone", 0)


@pytest.mark.parametrize("name", ["imports.run", "imports.undo"])
def test_the_worker_tries_again_after_an_outage_and_only_then(name):
    job = Job(id=1, queue="default", lock=None, queueing_lock=None, task_name=name)
    task = app.tasks[name]
    assert all(task.get_retry_exception(error, job) for error in OUTAGES)
    assert task.get_retry_exception(ZeroDivisionError(), job) is None


def test_long_imports_take_turns_one_at_a_time(anna, chiara, monkeypatch):
    assert {app.tasks[name].lock for name in ("imports.run", "imports.undo")} == {jobs.ONE_AT_A_TIME}
    monkeypatch.setattr(queries, "BATCH", 1)
    monkeypatch.setattr(jobs, "TURN", -1.0)
    real, took = jobs.take_rows, []
    monkeypatch.setattr(jobs, "take_rows", lambda actor, **told: took.append(actor.tenant) or real(actor, **told))
    numbers = [(person, begin(person)) for person in (anna, chiara)]
    run_jobs()
    assert took[:4] == [anna.tenant, chiara.tenant] * 2
    assert [state_of(*one) for one in numbers] == [("done", 3), ("done", 3)]
    anna.post(f"/imports/{numbers[0][1]}/undo/")
    assert run_jobs() > 1
    assert state_of(*numbers[0]) == ("undone", 0)
