"""While a release is rolled out: hand the requests of its waves on to the web worker that runs it.

A layer of WSGI above everything else, present only in workers that were started during a rollout. A request of another
wave costs a look into memory. One that is handed on is passed byte by byte over a Unix socket, with the headers it came
with. Where nobody is there, this release answers: both accept the same tables, so no request fails because a release is
taken back. HAProxy or nginx in front can do the same by host name; see docs/running.md.
"""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any
from urllib.parse import quote

from tillit.site import rollout
from tillit.site.answering import TOO_LONG

log = logging.getLogger(__name__)
OWN = 2  # threads of a web worker; more starve single connections at saturation
WAITING = 8  # threads for requests that wait until one more may be handed on: they take no others' place
MOMENT = 5.0  # seconds they wait
LOOK_EVERY = 0.2  # seconds
PATIENCE = TOO_LONG  # of silence: a large answer is made before any of it is sent
PIECE = 64 * 1024
SAFE = ("GET", "HEAD", "OPTIONS")
OF_ONE_CONNECTION = {
    "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding",
    "upgrade", "date", "server",
}  # fmt: skip
VISITOR = "HTTP_TILLIT_VISITOR"  # the visitor's address, known to the worker that hands on only
PATH_KEPT = "/:@!$&'()*+,;=-._~"

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]
WaveOf = Callable[[Environ], str]


class OverSocket(HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, place: str) -> None:
        super().__init__("localhost", timeout=PATIENCE)
        self.place = place

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.place)


class HandOn:
    """Answers with `application`, or with what the release of the request's wave answers.

    `OWN` requests at a time are answered here, `HANDS` handed on, and a few more wait a moment for that, so that a
    release beside that hangs leaves the other waves their threads; one that hangs here keeps everybody waiting.
    """

    def __init__(self, application: Application, data: Path, wave_of: WaveOf) -> None:
        self.application = application
        self.data = data
        self.wave_of = wave_of
        self.own = BoundedSemaphore(OWN)
        self.hands = BoundedSemaphore(rollout.HANDS)
        self.queue = BoundedSemaphore(WAITING)
        self._waves: dict[str, str] = {}
        self._written = 0
        self._look_at = 0.0

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        if self._place(environ):
            has_hand = self._free_hand()
            place = self._place(environ)  # once more: while it waited, the release may have been taken back
            if has_hand:
                handed = Handed(place, self.hands.release)
                if place and handed.ask(environ):
                    return handed.answered(start_response)
                handed.close()
            elif place:
                return _nothing("503 Service Unavailable", start_response)
        with self.own:
            return self.application(environ, start_response)

    def _free_hand(self) -> bool:
        if self.hands.acquire(blocking=False):
            return True
        if not self.queue.acquire(blocking=False):
            return False
        try:
            return self.hands.acquire(timeout=MOMENT)
        finally:
            self.queue.release()

    def _place(self, environ: Environ) -> str:
        if time.monotonic() >= self._look_at:
            self._look()
        return self._waves.get(self.wave_of(environ), "") if self._waves else ""

    def _look(self) -> None:
        self._look_at = time.monotonic() + LOOK_EVERY
        try:
            written = (self.data / "routes.json").stat().st_mtime_ns
        except OSError:
            written = 0
        if written != self._written:
            with suppress(rollout.Unreadable):  # what held goes on to hold until the next look
                self._waves, self._written = rollout.routes(self.data).waves or {}, written


class Handed:
    """One request on its way to the other release and back; the answer is sent on as it is read."""

    def __init__(self, place: str, done: Callable[[], None]) -> None:
        self.connection = OverSocket(place)
        self.done = done
        self.answer: HTTPResponse | None = None

    def ask(self, environ: Environ) -> bool:
        """Whether the other release is to answer; False where this one may, because nothing has happened there."""
        reached = False
        try:
            self.connection.connect()
            reached = True
            _ask(self.connection, environ)
            self.answer = self.connection.getresponse()
        except (OSError, HTTPException) as error:
            log.warning("The release beside gave no answer (%s)", type(error).__name__)
            if not reached or environ["REQUEST_METHOD"] in SAFE:
                self.close()
                return False
        return True

    def answered(self, start_response: Callable[..., Any]) -> Iterable[bytes]:
        if self.answer is None:
            self.close()
            return _nothing("502 Bad Gateway", start_response)
        headers = [(name, value) for name, value in self.answer.getheaders() if name.lower() not in OF_ONE_CONNECTION]
        start_response(f"{self.answer.status} {self.answer.reason}", headers)
        return self

    def __iter__(self) -> Iterator[bytes]:
        while self.answer is not None and (piece := self.answer.read1(PIECE)):
            yield piece

    def close(self) -> None:
        self.connection.close()
        done, self.done = self.done, lambda: None
        done()


def _nothing(status: str, start_response: Callable[..., Any]) -> list[bytes]:
    start_response(status, [("Retry-After", "2"), ("Content-Length", "0")])
    return []


def _ask(connection: OverSocket, environ: Environ) -> None:
    target = quote(environ.get("PATH_INFO", "/").encode("latin-1"), safe=PATH_KEPT)
    if environ.get("QUERY_STRING"):
        target += "?" + environ["QUERY_STRING"]
    connection.putrequest(environ["REQUEST_METHOD"], target, skip_host=True, skip_accept_encoding=True)
    for name, value in _headers(environ):
        connection.putheader(name, value)
    connection.putheader("Connection", "close")
    connection.endheaders()
    _send_body(connection, environ["wsgi.input"], int(environ.get("CONTENT_LENGTH") or 0))


def _headers(environ: Environ) -> Iterator[tuple[str, bytes]]:
    told = environ | {VISITOR: environ.get("REMOTE_ADDR", "")}
    for key, value in told.items():
        if key in ("CONTENT_TYPE", "CONTENT_LENGTH") or key.startswith("HTTP_"):
            name = key.removeprefix("HTTP_").replace("_", "-").title()
            if value and name.lower() not in OF_ONE_CONNECTION - {"date"}:
                yield name, value.encode("latin-1")


def _send_body(connection: OverSocket, body: Any, left: int) -> None:
    while left:
        piece = body.read(min(PIECE, left))
        if not piece:
            raise HTTPException("the body ends too early")  # or the release beside would wait for the rest
        left -= len(piece)
        connection.send(piece)


class Beside:
    """In the worker of the release beside: the visitor is who the handing worker says."""

    def __init__(self, application: Application) -> None:
        self.application = application

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        environ["REMOTE_ADDR"] = environ.pop(VISITOR, "") or environ.get("REMOTE_ADDR", "")
        return self.application(environ, start_response)


def layered(application: Application, wave_of: WaveOf) -> Application:
    """The application as this worker is to serve it: plain, handing on, or beside."""
    place = os.environ.get("TILLIT_PLACE", "")
    if place == "beside":
        return Beside(application)
    if place == "handing":
        return HandOn(application, Path(os.environ["TILLIT_DATA"]), wave_of)
    return application


def hands() -> int:
    """How many threads this worker needs for requests that it hands on."""
    return rollout.HANDS + WAITING if os.environ.get("TILLIT_PLACE") == "handing" else 0
