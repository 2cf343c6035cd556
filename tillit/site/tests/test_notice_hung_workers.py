"""A worker is taken for hung when nothing moves in it, and not while somebody's upload is slow in coming."""

import asyncio
import io
import threading

import pytest

from tillit.site import serve, worker
from tillit.site.leaving import Leaving
from tillit.site.worker import until_one_ends


def test_a_slow_upload_is_no_hung_thread(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(serve.time, "monotonic", lambda: now[0])

    def upload(environ, _start):
        seen = []
        for _piece in range(4):
            now[0] += serve.TOO_LONG * 0.9
            environ["wsgi.input"].read(2)
            seen.append(watched.moves())
        now[0] += serve.TOO_LONG + 1
        environ["wsgi.input"].read(2)  # nothing came
        return [*seen, watched.moves()]

    watched = serve.Watched(upload, 1, Leaving(-1))
    assert watched({"wsgi.input": io.BytesIO(b"12345678")}, None) == [True] * 4 + [False]
    assert watched.moves() and threading.get_ident() not in watched.busy_since


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
