"""A worker is taken for hung when nothing moves in it, and not while somebody's upload is slow in coming."""

import asyncio
import io
import threading

import pytest

from tillit.site import serve
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
