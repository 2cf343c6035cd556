"""The job worker: `python -m tillit.site.worker NAME`. Ends on SIGTERM after the jobs it is at."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import time
from collections.abc import Coroutine, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tillit.site.settings")
django.setup()

from procrastinate import App  # noqa: E402 - Django is set up first
from procrastinate.contrib.django import app as django_app  # noqa: E402
from procrastinate.contrib.django.django_connector import DjangoConnector  # noqa: E402
from procrastinate.exceptions import ConnectorException, UniqueViolation  # noqa: E402
from procrastinate.job_context import JobContext  # noqa: E402
from procrastinate.jobs import Job, Status  # noqa: E402
from procrastinate.manager import QUEUEING_LOCK_CONSTRAINT  # noqa: E402
from procrastinate.middleware import AsyncCallNext  # noqa: E402
from procrastinate.signals import on_stop  # noqa: E402
from procrastinate.worker import Worker  # noqa: E402

from tillit.availability.releases.counting import tally  # noqa: E402
from tillit.foundation.jobs import queue_of  # noqa: E402
from tillit.foundation.models import Tenant  # noqa: E402
from tillit.foundation.supervision import report_ready  # noqa: E402

log = logging.getLogger(__name__)
CONCURRENCY = 2
# queues with hands of their own, and how many: what customers have us do leaves the clock and the status page theirs,
# and a receiver that hangs or a mailbox that drips keeps nobody waiting
APART = {"default": 2, "webhooks": 4, "mailbox": 1}
SPARE = 2  # threads beside those of the jobs, as for looking up names
STALLED_AFTER_SECONDS = 30
GRACE_SECONDS = 20  # for the jobs it is at, less than the supervisor gives
PULSE_SECONDS, SILENT_SECONDS = 1.0, 20.0  # between two turns of the loop, and until it is told as standing still
ONLY, ELSEWHERE = "TILLIT_WAVES", "TILLIT_WAVES_ELSEWHERE"  # told by the supervisor (`sides.py`)


def worker_app() -> App:
    """Fetches jobs over a connection of its own. The tasks keep the Django application they were registered with, so
    that a job which defers another does so inside its own transaction.
    """
    connector = cast(DjangoConnector, django_app.connector)
    app = App(connector=connector.get_worker_connector())
    app.tasks = django_app.tasks
    if not os.environ.get(ONLY):  # what runs by the clock belongs to the main release
        app.periodic_registry = django_app.periodic_registry
    return app


def queues() -> list[str]:
    """Which jobs this worker takes: a tenant's wait in the queue of its wave, which may be with another release."""
    only, elsewhere = (os.environ.get(name, "").split(",") for name in (ONLY, ELSEWHERE))
    if only != [""]:
        return [queue_of(wave) for wave in only]
    return ["default", *(queue_of(wave) for wave in Tenant.Wave.values if wave not in elsewhere)]


async def count(call_next: AsyncCallNext, context: JobContext, _worker: Worker) -> Any:
    """Around every job: whether it failed counts for the wave of its tenant."""
    prefix = queue_of("")
    wave = context.job.queue.removeprefix(prefix) if context.job.queue.startswith(prefix) else ""
    try:
        done = await call_next()
    except Exception:
        tally.job(wave, failed=True)
        raise
    tally.job(wave, failed=False)
    return done


async def rescue_stalled_jobs(app: App) -> None:
    """Give the jobs of a worker that died back to the queue, again and again; Procrastinate leaves them as they are."""
    while True:
        try:
            await give_back_stalled(app)
        except ConnectorException:
            log.warning("Stalled jobs could not be looked for; trying again in %s seconds", STALLED_AFTER_SECONDS)
        await asyncio.sleep(STALLED_AFTER_SECONDS)


async def give_back_stalled(app: App) -> None:
    """Give each of them back that can be. One that cannot keeps none of the others waiting."""
    for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER_SECONDS):
        try:
            await give_back(app, job)
        except ConnectorException as error:
            log.warning("Job %s could not be given back to the queue: %s", job.id, error.__cause__ or error)


async def give_back(app: App, job: Job) -> None:
    """Let it wait again; where its like waits already (`later(only_one=…)`), that one does its work and it goes."""
    try:
        await app.job_manager.retry_job(job)
    except UniqueViolation as error:
        if error.constraint_name != QUEUEING_LOCK_CONSTRAINT:
            raise
        await app.job_manager.finish_job(job, Status.ABORTED, delete_job=True)


class Pulse:
    """Whether the event loop goes on. Jobs run in threads: a long one does not keep the loop from that."""

    def __init__(self) -> None:
        self.last = time.monotonic()

    async def beat(self) -> None:
        while True:
            self.last = time.monotonic()
            await asyncio.sleep(PULSE_SECONDS)

    def moves(self) -> bool:
        return time.monotonic() - self.last < SILENT_SECONDS


async def work(name: str) -> None:
    app, pulse = worker_app(), Pulse()
    async with app.open_async():
        beat = asyncio.create_task(pulse.beat())
        report_ready(moves=pulse.moves)
        rescue = asyncio.create_task(rescue_stalled_jobs(app))
        try:
            await do_jobs(app, name)
        finally:
            rescue.cancel()
            beat.cancel()


async def do_jobs(app: App, name: str) -> None:
    """Take jobs until told to end. Each hand has a thread: Python would give six to all on two cores, five on one."""
    apart = {} if os.environ.get(ONLY) else APART
    threads = ThreadPoolExecutor(CONCURRENCY + sum(apart.values()) + SPARE)
    asyncio.get_running_loop().set_default_executor(threads)
    hands = [take(app, [queue], number, f"{name}-{queue}") for queue, number in apart.items()]
    await until_one_ends([take(app, queues(), CONCURRENCY, name), *hands])


async def until_one_ends(works: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Work side by side until a signal comes or one of them ends by a fault; then all end together, after the jobs
    they are at. Raises the fault: a process that no longer takes some of its jobs is to be started again.
    """
    told = asyncio.Event()
    with on_stop(told.set):  # a second signal ends at once, as without
        tasks = [asyncio.create_task(one) for one in (told.wait(), *works)]
        done, _others = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for one in tasks:
            one.cancel()  # once only: a second time would not wait for the jobs
        await asyncio.gather(*tasks, return_exceptions=True)
    for one in done:
        one.result()


async def take(app: App, names: list[str], hands: int, worker: str) -> None:
    """Take jobs from these queues until cancelled."""
    await app.run_worker_async(
        name=worker,
        queues=names,
        concurrency=hands,
        worker_middleware=[count],
        delete_jobs="successful",
        shutdown_graceful_timeout=GRACE_SECONDS,
        install_signal_handlers=False,
    )


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1] if len(sys.argv) > 1 else "worker"))
