"""How a web worker answers: a few threads work, first come, first served, and no visitor keeps one waiting.

A thread gets a request when its body is whole (`tillit.site.receiving`), and is free for the next as soon as the
answer is made. What is not read at once waits outside: a small answer in Granian, a large one in a file that Granian
reads through a pipe as fast as the visitor takes it.
"""

from __future__ import annotations

import asyncio
import fcntl
import io
import itertools
import logging
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, suppress
from functools import partial
from queue import SimpleQueue
from typing import Any

from django.utils.http import parse_header_parameters

from tillit.site.leaving import Leaving

log = logging.getLogger(__name__)
TOO_LONG = 300.0  # seconds in one request: statements end after 60
HELD = 128 * 1024  # bytes of an answer that are kept in memory
PIECE = 64 * 1024  # what a pipe holds at most
OPENED = 60.0  # seconds within which Granian begins to read
GOOD_BYE = ("Connection", "close")
Environ = dict[str, Any]
Application = Callable[..., Any]
Headers = list[tuple[str, str]]


def environ_of(scope: Any) -> Environ:
    """A request of RSGI as WSGI (PEP 3333) has it, still without its body.

    A name with an underscore would pass for the same with a hyphen, such as a proxy's; it is left out, as nginx does.
    A value that is not ASCII is empty, not absent: it was said, and nobody is to take something else for it.
    """
    environ: Environ = {
        "GATEWAY_INTERFACE": "CGI/1.1",
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "REMOTE_ADDR": scope.client.rpartition(":")[0].strip("[]"),
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "SERVER_SOFTWARE": "Granian",
        "wsgi.errors": _ERRORS,
        "wsgi.input_terminated": True,
        "wsgi.multiprocess": True,
        "wsgi.multithread": True,
        "wsgi.run_once": False,
        "wsgi.url_scheme": scope.scheme,
        "wsgi.version": (1, 0),
    }
    environ["SERVER_NAME"], _colon, environ["SERVER_PORT"] = scope.server.rpartition(":")
    headers = scope.headers
    for name in headers.keys():  # noqa: SIM118 - none of them is a dictionary's
        if "_" not in name:
            key = name.upper().replace("-", "_")
            if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
                key = f"HTTP_{key}"
            environ[key] = ("; " if name == "cookie" else ",").join(headers.get_all(name))
    if "CONTENT_TYPE" in environ:
        environ["CONTENT_TYPE"] = believed(environ["CONTENT_TYPE"])
    if scope.authority or "HTTP_HOST" not in environ:  # that of the target counts (RFC 9112 3.2.2)
        environ["HTTP_HOST"] = scope.authority or ""
    return environ


def believed(content_type: str) -> str:
    """Without a charset by which not any bytes, as those of a query are, can be read as text: such as `hex`."""
    try:
        _kind, details = parse_header_parameters(content_type)
        b"\xff".decode(details.get("charset", "utf-8"), "replace")
    except (LookupError, ValueError):
        return content_type.partition(";")[0]
    return content_type


class _Errors(io.TextIOBase):
    """Whatever an application says of its errors, in our log."""

    def write(self, text: str) -> int:
        if text.strip():
            log.error("%s", text.rstrip())
        return len(text)


_ERRORS = _Errors()


class Threads:
    """The threads that work, and whether any is free or at something that has not lasted too long."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.busy_since: dict[int, float] = {}
        self._started: list[threading.Thread] = []
        self._numbers = itertools.count()
        self._queue: SimpleQueue[int] = SimpleQueue()
        self._waiting: dict[int, Callable[[], None]] = {}  # without those that were dropped

    def are_busy(self) -> bool:
        """Whether what comes now has to wait."""
        return len(self.busy_since) + len(self._waiting) >= self.count

    def do(self, job: Callable[[], None]) -> int:
        """Have it done by the next free thread. The number by which it can be dropped."""
        if len(self._started) < self.count:  # not before: a process that is forked from here has none
            thread = threading.Thread(target=self._work, name=f"answers-{len(self._started)}", daemon=True)
            thread.start()
            self._started.append(thread)
        number = next(self._numbers)
        self._waiting[number] = job
        self._queue.put(number)
        return number

    def drop(self, number: int) -> bool:
        """Whether it had not begun; then it never will."""
        return self._waiting.pop(number, None) is not None

    def _work(self) -> None:
        me = threading.get_ident()
        while True:
            number = self._queue.get()
            self.busy_since[me] = time.monotonic()
            job = self._waiting.pop(number, None)
            try:
                if job is not None:
                    job()
            except BaseException:  # such as SystemExit: a thread that ends would be missed by all who come later
                log.exception("A request could not be answered.")
            finally:
                self.busy_since.pop(me, None)
            del job  # and the request with it, while this thread waits

    def move(self) -> bool:
        late = time.monotonic() - TOO_LONG
        if not all(thread.is_alive() for thread in self._started):
            return False
        return sum(since < late for since in list(self.busy_since.values())) < self.count


def is_announced(headers: Headers) -> bool:
    return any(name.lower() == "content-length" for name, _value in headers)


def announcing(size: int, headers: Headers) -> Headers:
    return headers if is_announced(headers) else [*headers, ("Content-Length", str(size))]


class Spool:
    """A large answer: written as fast as it is made, read as fast as the visitor takes it."""

    def __init__(self, status: int, headers: Headers) -> None:
        self.status, self.headers = status, headers
        self.is_announced = is_announced(headers)
        self.is_complete = False
        self.file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by whoever is last to need it
        self.size = 0
        self.has_ended = False
        self.has_left = False
        self._wake: Callable[[], object] | None = None
        self._needed_by = 2
        self._lock = threading.Lock()

    def fill(self, pieces: Iterable[bytes]) -> None:
        """In a thread that works: until the answer is made, or the visitor has left."""
        held = 0
        try:
            for piece in pieces:
                self.file.write(piece)
                held += len(piece)
                if held >= PIECE:
                    self._tell(held)
                    held = 0
                if self.has_left:
                    break
            self._tell(held)
            self.is_complete = not self.has_left
        finally:  # also when the disk is full: whoever reads is not left waiting
            self.has_ended = True
            self._call()
            self.let_go()

    def _tell(self, more: int) -> None:
        self.file.flush()
        self.size += more
        self._call()

    def _call(self) -> None:
        wake, self._wake = self._wake, None
        if wake:
            wake()

    async def read(self, begin: int) -> bytes:
        """The piece from this byte on, as soon as there is one; b"" after the last that was written."""
        return os.pread(self.file.fileno(), PIECE, begin) if await self._reaches(begin) else b""

    async def _reaches(self, begin: int) -> bool:
        """Whether there is more than that, once it is known."""
        loop = asyncio.get_running_loop()
        while begin >= self.size:
            told = asyncio.Event()
            self._wake = partial(loop.call_soon_threadsafe, told.set)
            if begin >= self.size and self.has_ended:
                return False
            if begin >= self.size:
                await told.wait()
        return True

    async def announce(self, proto: Any, heard: Callable[[], None]) -> bool:
        """Find out how large it is, once it is made; False where it never is."""
        watching = asyncio.create_task(self._leave_with(proto))
        try:
            while await self._reaches(self.size):
                heard()
        finally:
            watching.cancel()
        self.headers = announcing(self.size, self.headers)
        return self.is_complete

    async def _leave_with(self, proto: Any) -> None:
        await proto.client_disconnect()
        self.has_left = True

    def leave(self) -> None:
        """Nobody reads it any more."""
        self.has_left = True
        self.let_go()

    def let_go(self) -> None:
        """By the thread that writes, and by the one that sends: the last one closes the file."""
        with self._lock:
            self._needed_by -= 1
            if not self._needed_by:
                with suppress(OSError):  # what a full disk did not take
                    self.file.close()


class Answer:
    """One request at the application; small answers are given to Granian whole, large ones to `told` as a spool."""

    def __init__(self, proto: Any, leaving: Leaving, told: Callable[[Spool | None], None]) -> None:
        self.proto = proto
        self.leaving = leaving
        self.told = told
        self.status, self.headers = 200, []  # type: int, Headers
        self.is_given = False

    def make(self, application: Application, environ: Environ) -> None:
        try:
            answer = application(environ, self._start)
            try:
                self._give(iter(answer), environ["REQUEST_METHOD"] == "HEAD")
            finally:
                getattr(answer, "close", lambda: None)()
        except BaseException:
            log.exception("The application raised an exception.")
            if not self.is_given:
                self.proto.response_bytes(500, [GOOD_BYE], b"")
        finally:
            self.told(None)
            environ["wsgi.input"].close()

    def _start(self, status: str, headers: Headers, _exc_info: Any = None) -> None:
        self.status = int(status[:3])
        self.headers = [*headers, GOOD_BYE] if self.leaving.begun else headers

    def _give(self, pieces: Iterator[bytes], is_head: bool) -> None:
        first, size = [], 0
        for piece in pieces:
            size += len(piece)
            if is_head:
                continue  # its size is all that is told
            first.append(piece)
            if size > HELD:
                spool = Spool(self.status, self.headers)
                self.is_given = spool.is_announced  # else an error is still told as one
                self.told(spool)
                spool.fill(itertools.chain(first, pieces))
                self.is_given = True
                return
        self.is_given = True
        headers = announcing(size, self.headers) if is_head and size else self.headers
        self.proto.response_bytes(self.status, headers, b"".join(first))


async def send(spool: Spool, proto: Any, heard: Callable[[], None]) -> None:
    """Hand a spool to Granian at the visitor's pace; `heard` is called whenever it gets on.

    Its size is announced: without, one that is broken off would look whole.
    """
    with ExitStack() as to_the_end, ExitStack() as until_opened:
        to_the_end.callback(spool.leave)
        if not spool.is_announced and not await spool.announce(proto, heard):
            return
        place, writing = _fifo(to_the_end, until_opened)
        proto.response_file(spool.status, spool.headers, place)
        sent = 0
        with suppress(BrokenPipeError, TimeoutError):  # the visitor has left
            while piece := await spool.read(sent):
                sent += await _put(writing, piece, OPENED if sent <= PIECE else None)
                heard()
                if sent > PIECE:  # more than a pipe holds: somebody has opened the other end
                    until_opened.close()


def _fifo(to_the_end: ExitStack, until_opened: ExitStack) -> tuple[str, int]:
    """A pipe that Granian opens by its name, and our end. The name is never another's: who opens it late finds none."""
    place = f"{until_opened.enter_context(tempfile.TemporaryDirectory(prefix='tillit-'))}/answer"
    os.mkfifo(place, 0o600)
    until_opened.callback(os.close, os.open(place, os.O_RDONLY | os.O_NONBLOCK))
    writing = os.open(place, os.O_WRONLY | os.O_NONBLOCK)
    to_the_end.callback(os.close, writing)
    if sys.platform == "linux" and fcntl.fcntl(writing, fcntl.F_GETPIPE_SZ) > PIECE:  # memory comes in larger pages
        fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, PIECE)
    return place, writing


async def _put(writing: int, piece: bytes, patience: float | None) -> int:
    """How much of the piece the pipe took, once it took any."""
    loop = asyncio.get_running_loop()
    while True:
        with suppress(BlockingIOError):
            return os.write(writing, piece)
        free = asyncio.Event()
        loop.add_writer(writing, free.set)
        try:
            async with asyncio.timeout(patience):
                await free.wait()
        finally:
            loop.remove_writer(writing)
