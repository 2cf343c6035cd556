"""How a wave's jobs go is counted by the worker that does them, for the gate between two waves."""

import asyncio

import pytest
from procrastinate import App
from procrastinate.contrib.django import app as django_app
from procrastinate.testing import InMemoryConnector

from tillit.availability.releases.counting import tally
from tillit.availability.releases.models import RequestCount
from tillit.foundation.jobs import queue_of
from tillit.site.worker import APART, take


class Spoiled(Exception):
    """What a job of a bad release raises."""


async def done_by_a_worker(jobs):
    """The worker takes them as in an installation, but from a queue in memory: queue and whether the job fails."""
    app, over = App(connector=InMemoryConnector()), asyncio.Event()

    @app.task(name="work")
    async def work(*, fails):
        if fails:
            raise Spoiled

    @app.task(name="last", queue="default")
    async def last():
        over.set()

    async with app.open_async():
        for queue, fails in jobs:
            await app.configure_task("work", queue=queue).defer_async(fails=fails)
        await last.defer_async()
        queues = [*{queue for queue, _fails in jobs}, "default"]
        tasks = [asyncio.create_task(take(app, queues, 1, "worker-1"))]
        await over.wait()
        tasks[0].cancel()  # it ends after the job it is at
        await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.django_db
def test_a_job_that_fails_and_one_that_does_not_count_for_release_and_wave(settings):
    settings.RELEASE = "0.2.0"
    tally.flush()
    RequestCount.objects.all().delete()
    a, b = queue_of("a"), queue_of("b")
    asyncio.run(done_by_a_worker([(a, True), (a, False), (a, False), (b, False), ("default", True)]))
    tally.flush()
    rows = RequestCount.objects.order_by("wave")
    counted = [(row.release, row.wave, row.jobs, row.failed_jobs, sum(row.buckets)) for row in rows]
    assert counted == [("0.2.0", "", 2, 1, 0), ("0.2.0", "a", 3, 1, 0), ("0.2.0", "b", 1, 0, 0)]


def test_what_waits_for_servers_outside_keeps_no_other_job_waiting_and_every_queue_has_hands():
    """A visit of the mailbox lasts up to 50 seconds of every minute, where its server drips."""
    queues = {task.name: task.queue for task in django_app.tasks.values() if task.queue != "builtin"}
    assert queues["foundation.read_mailbox"] in APART and queues["subscriptions.deliver"] in APART
    assert set(queues.values()) == {"default", *APART}
    locks = [task.queueing_lock for task in django_app.tasks.values() if task.queueing_lock]
    assert "foundation.read_mailbox" not in locks  # an older release, which would not take it, defers its own
