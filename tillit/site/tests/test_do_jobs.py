"""What waits for servers outside has hands of its own in the job worker, so that nothing else waits for it."""

import asyncio
import os
import signal
import threading

import pytest
from procrastinate import App
from procrastinate.contrib.django import app as django_app
from procrastinate.testing import InMemoryConnector

from tillit.foundation.jobs import apart
from tillit.site.up import _programs
from tillit.site.worker import APART, CONCURRENCY, GRACE_SECONDS, do_jobs


async def done_at_once(names):
    """Whether a worker is at all of these jobs, one in each named queue, at the same time."""
    app, together, met = App(connector=InMemoryConnector()), threading.Barrier(len(names)), []

    @app.task(name="hang")
    def hang():
        together.wait(10)
        met.append(True)

    async with app.open_async():
        for queue in names:
            await app.configure_task("hang", queue=queue).defer_async()
        task = asyncio.create_task(do_jobs(app, "worker-1"))
        while len(met) < len(names) and not together.broken:
            await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    return len(met) == len(names)


async def left_after_the_signal(names):
    """What still waits once a worker was told to end while it is at these jobs, and another of the first queue came."""
    app, begun, over = App(connector=InMemoryConnector()), [], threading.Event()

    @app.task(name="hang")
    def hang():
        begun.append(True)
        assert over.wait(10)

    async with app.open_async(), asyncio.timeout(10):
        for queue in names:
            await app.configure_task("hang", queue=queue).defer_async()
        task = asyncio.create_task(do_jobs(app, "worker-1"))
        while len(begun) < len(names):
            await asyncio.sleep(0.01)
        os.kill(os.getpid(), signal.SIGTERM)
        while len(app.connector.workers) > len(names):  # until those at nothing have ended
            await asyncio.sleep(0.01)
        await app.configure_task("hang", queue=names[0]).defer_async()
        over.set()
        await task
    return [(job["queue_name"], job["status"]) for job in app.connector.jobs.values()]


@pytest.mark.django_db
def test_told_to_end_it_does_the_jobs_it_is_at_and_begins_no_other_in_any_queue():
    (grace,) = [one.grace for one in _programs([None], (), embedded=True) if one.name == "worker-1"]
    assert grace > GRACE_SECONDS  # all queues have the same seconds, not one after the other
    assert asyncio.run(left_after_the_signal(["webhooks", "default"])) == [("webhooks", "todo")]


@pytest.mark.django_db
def test_customers_work_receivers_and_a_mailbox_that_hang_leave_the_other_jobs_their_hands():
    names = [queue for queue, number in APART.items() for _hand in range(number)]
    assert asyncio.run(done_at_once(["wave-a"] * CONCURRENCY + names))


def test_what_waits_for_servers_outside_keeps_no_other_job_waiting_and_every_queue_has_hands():
    """A visit of the mailbox lasts up to 50 seconds of every minute, where its server drips."""
    queues = {task.name: task.queue for task in django_app.tasks.values() if task.queue != "builtin"}
    assert queues["foundation.read_mailbox"] in APART and queues["subscriptions.deliver"] in APART
    assert set(queues.values()) == set(APART)
    assert {"copies.write", "copies.upload", "availability.prove_told_notices"} <= {
        name for name, queue in apart.items() if queue == "default"
    }
    locks = [task.queueing_lock for task in django_app.tasks.values() if task.queueing_lock]
    assert "foundation.read_mailbox" not in locks  # an older release, which would not take it, defers its own
