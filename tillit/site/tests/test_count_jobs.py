"""How a wave's jobs go is counted by the worker that does them, for the gate between two waves."""

import asyncio

import pytest
from procrastinate import App
from procrastinate.testing import InMemoryConnector

from tillit.availability.releases.counting import tally
from tillit.availability.releases.models import RequestCount
from tillit.foundation.jobs import queue_of
from tillit.site.worker import take


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
