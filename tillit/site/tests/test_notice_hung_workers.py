"""A process is taken for hung when nothing moves in it, and not while somebody's upload is slow in coming."""

import asyncio
import os
import subprocess
import sys
import threading

import pytest

from tillit.site import answering, worker
from tillit.site.fitting import BROKER, NIGHTLY, PROBER
from tillit.site.leaving import Leaving
from tillit.site.receiving import STILL, Reception, Rules
from tillit.site.tests.test_supervise_processes import eventually
from tillit.site.worker import until_one_ends


def test_a_web_worker_moves_while_its_loop_does_and_any_thread_is_free(monkeypatch):
    now, over = [0.0], threading.Event()
    monkeypatch.setattr(answering.time, "monotonic", lambda: now[0])
    worker = Reception(lambda _environ, _start: [], 2, Leaving(-1), Rules())
    worker.threads.do(over.wait)
    eventually(lambda: len(worker.threads.busy_since) == 1)
    now[0] += answering.TOO_LONG + 1
    assert worker.threads.move() and not worker.moves()  # the loop has said nothing
    worker._moved = now[0]
    assert worker.moves()
    worker.threads.do(over.wait)
    eventually(lambda: len(worker.threads.busy_since) == 2)
    assert worker.moves()
    now[0] += answering.TOO_LONG + 1
    worker._moved = now[0]
    assert not worker.moves()
    over.set()
    eventually(lambda: len(worker.threads.busy_since) == 0)
    assert worker.moves()
    now[0] += STILL
    assert not worker.moves()


def test_a_job_worker_moves_while_its_loop_does_however_long_a_job_takes(monkeypatch):
    now, ended = [0.0], threading.Event()
    monkeypatch.setattr(worker.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(worker, "PULSE_SECONDS", 0)

    async def an_hour_passes(pulse):
        job = asyncio.create_task(asyncio.to_thread(ended.wait))
        beat = asyncio.create_task(pulse.beat())
        for _second in range(3600):
            now[0] += 1
            await asyncio.sleep(0)
            assert pulse.moves()
        assert not job.done()
        now[0] += worker.SILENT_SECONDS  # something holds the loop itself
        assert not pulse.moves()
        ended.set()
        await job
        assert pulse.moves()
        beat.cancel()

    asyncio.run(an_hour_passes(worker.Pulse()))


def test_a_worker_that_no_longer_takes_some_jobs_ends_to_be_started_again():
    ended = []

    async def takes_mail():
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("mail")

    async def takes_webhooks():
        raise OSError("the connection is gone")

    with pytest.raises(OSError, match="gone"):
        asyncio.run(until_one_ends([takes_mail(), takes_webhooks()]))
    assert ended == ["mail"]


def test_who_stands_beside_the_workers_gives_signs_of_life_whatever_it_waits_for(tmp_path):
    """Here for the database, for the night, for a key."""
    given = {"TILLIT_DATA": str(tmp_path), "TILLIT_DSN": "postgresql://tillit_app@127.0.0.1:1/tillit"}
    started = {}
    for module in (BROKER, NIGHTLY, PROBER):
        said, handle = os.pipe()
        values = os.environ | given | {"TILLIT_READY_FD": str(handle)}
        started[said] = subprocess.Popen([sys.executable, "-m", module], env=values, pass_fds=[handle])
        os.close(handle)
    try:
        for said in started:
            told = b""
            while told.count(b"beat") < 2:
                part = os.read(said, 4096)
                assert part, "it is silent"
                told += part
            os.close(said)
    finally:
        for process in started.values():
            process.kill()
            process.wait()
