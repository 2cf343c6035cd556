"""What visitors send, received whole before a thread works on it: who sends slowly keeps nobody waiting.

Granian hands each request over by RSGI to a loop, in which a slow one costs some memory and no thread. So a web worker
needs no proxy in front that buffers. Headers have Granian's 30 seconds (they end idle connections, too); each 64 KB of
a body have a minute, and of many who are slow at once one makes way for the newest.
"""

from __future__ import annotations

import asyncio
import io
import logging
import math
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_address, ip_network
from typing import IO, Any, NamedTuple, TypeVar

from tillit.site.answering import GOOD_BYE, Answer, Application, Environ, Headers, Spool, Threads, environ_of, send
from tillit.site.leaving import Leaving

STEP = 64 * 1024  # bytes: of a body in memory, the rest goes to a file; and what has to come within PATIENCE
PATIENCE = 60.0  # seconds; a line of 9 kbit/s is quick enough
RECEIVING = 256  # bodies that come at the same time to one worker
CRUMBS, CRUMB = 2000, 64  # of so many pieces of a body, and more, the average has so many bytes: each costs some work
WAITING = 1024  # requests that wait for a thread
LONG = 0.2  # seconds of waiting from which on it is asked whether the visitor is still there
LARGE = 8  # besides them, those that may be larger than `Rules.body`
LARGE_STEP = 2 * 1024 * 1024  # bytes: what has to come within PATIENCE of what is beyond it
SENDING = 256  # large answers on their way at the same time
SILENT = 30.0  # seconds in which somebody sent or took nothing of what is large, who may be sent away for the next
BEAT, STILL = 2.0, 10.0  # seconds between two signs of life of the loop; without one it has stopped
ASK_AGAIN = ("Retry-After", "5")
T = TypeVar("T")
log = logging.getLogger(__name__)


class Rules:
    """What a body may be like, for an application that has no rules of its own."""

    body = 5 * 1024 * 1024  # bytes

    def large_body(self, _environ: Environ) -> int:
        """How large it may be here, if `may_be_large` says so: at least `body`."""
        return self.body

    def may_be_large(self, _environ: Environ) -> bool:
        """Asked in a thread that works. Whoever sends it is asked to come again (503) where this raises something."""
        return False

    def proxies(self) -> int:
        """How many stand in front and tell addresses."""
        return 0

    def refused(self, _environ: Environ, _status: int) -> tuple[Headers, bytes]:
        """What is said to a request that is refused with this status before the application sees it."""
        return [], b""


class Place(NamedTuple):
    address: str
    heard: float
    send_away: Callable[[], bool]


class Places:
    """Places for those who are slow. Who comes when all are taken gets that of somebody at the address that has most,
    of the one who was silent for longest: if that was for `silent` seconds, or if the newcomer's address has fewer."""

    def __init__(self, most: int, *, silent: float = 0.0) -> None:
        self.most, self.silent = most, silent
        self._taken: dict[asyncio.Task[Any], Place] = {}  # the most silent first
        self._of: Counter[str] = Counter()

    def take(self, address: str = "", send_away: Callable[[], bool] | None = None) -> bool:
        """For the task that runs, which is cancelled or else sent away. False where nobody makes way."""
        task = _running()
        if len(self._taken) >= self.most and not self._make_room(address):
            return False
        self._taken[task] = Place(address, time.monotonic(), send_away or task.cancel)
        self._of[address] += 1
        return True

    def _make_room(self, address: str) -> bool:
        crowd = max(self._of, key=self._of.__getitem__)
        is_crowded = self._of[crowd] > self._of[address] + 1
        late = time.monotonic() - self.silent
        for task, place in self._taken.items():
            if place.address == crowd and (is_crowded or place.heard <= late) and place.send_away():
                self._leave(task)
                return True
        return False

    def heard(self) -> None:
        """The task that runs got on."""
        task = _running()
        if task in self._taken:
            self._taken[task] = self._taken.pop(task)._replace(heard=time.monotonic())

    def keep(self, send_away: Callable[[], bool] = lambda: False) -> None:
        """The task that runs is sent away in this way only, for smaller crowds, and stays where that says False."""
        task = _running()
        if task in self._taken:
            self._taken[task] = Place(self._taken.pop(task).address, math.inf, send_away)

    def leave(self) -> None:
        self._leave(_running())

    def _leave(self, task: asyncio.Task[Any]) -> None:
        if found := self._taken.pop(task, None):
            self._of[found.address] -= 1
            if not self._of[found.address]:
                del self._of[found.address]


class Refusal(Exception):
    """The status with which a request is refused before the application sees it."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Gone(Exception):
    """The visitor has left before anything was done."""


class Received:
    """A body as it comes: in memory, and from 64 KB on in a file."""

    def __init__(self) -> None:
        self.size = 0
        self._held = bytearray()
        self._file: IO[bytes] | None = None

    async def add(self, piece: bytes) -> None:
        self._held += piece
        self.size += len(piece)
        if len(self._held) < STEP:
            return
        if self._file is None:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 - the application's input, closed after it
        held, self._held = self._held, bytearray()
        await asyncio.to_thread(self._file.write, held)  # a disk may keep one waiting

    def whole(self) -> IO[bytes]:
        if self._file is None:
            return io.BytesIO(self._held)
        self._file.write(self._held)
        self._file.seek(0)
        return self._file

    def drop(self) -> None:
        if self._file is not None:
            with suppress(OSError):  # what a full disk did not take
                self._file.close()


class Reception:
    """The application as Granian calls it (RSGI): receives, has a thread answer, sends on what is large."""

    def __init__(self, application: Application, threads: int, leaving: Leaving, rules: Rules) -> None:
        self.application = application
        self.rules = rules
        self.threads = Threads(threads)
        self.leaving = leaving
        self.receiving = Places(RECEIVING)
        self.waiting = Places(WAITING, silent=math.inf)
        self.sending = Places(SENDING, silent=SILENT)
        self.large = Places(LARGE, silent=SILENT)
        self._moved = time.monotonic()

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._moved = time.monotonic()
        loop.call_later(BEAT, self.__rsgi_init__, loop)

    def moves(self) -> bool:
        """Whether this worker gets on: its loop, and any of its threads."""
        return time.monotonic() - self._moved < STILL and self.threads.move()

    async def __rsgi__(self, scope: Any, proto: Any) -> None:
        environ = environ_of(scope)
        environ["wsgi.input"] = io.BytesIO()
        announced = environ.get("CONTENT_LENGTH", "0")
        try:
            if environ.get("HTTP_TRANSFER_ENCODING", "chunked").lower() != "chunked":
                raise Refusal(501)  # RFC 9112 6.1
            if announced != "0" or "HTTP_TRANSFER_ENCODING" in environ:
                await self._receive_and_answer(environ, proto)
            else:
                await self._answer(environ, proto)
        except Refusal as refusal:
            headers, page = self._said(environ, refusal.status)
            again = [ASK_AGAIN] if refusal.status == 503 else []
            proto.response_bytes(refusal.status, [*headers, *again, GOOD_BYE], page)
        except Gone:
            proto.response_bytes(400, [GOOD_BYE], b"")  # nobody reads it

    def _said(self, environ: Environ, status: int) -> tuple[Headers, bytes]:
        try:
            return self.rules.refused(environ, status)
        except Exception:  # such as a page that cannot be drawn: the refusal stays what it is
            log.exception("A refusal has no page.")
            return [], b""

    async def _receive_and_answer(self, environ: Environ, proto: Any) -> None:
        """With a place from the first byte until the answer is made, which then may be read slowly. Raises Refusal."""
        length = environ.get("CONTENT_LENGTH", "")
        announced = int(length) if length.isdigit() else None
        most = await self._most(environ, announced, proto)
        if announced is not None and announced > most:
            raise Refusal(413)
        places = self.large if most > self.rules.body else self.receiving
        if not places.take(address_of(environ, self.rules.proxies())):
            raise Refusal(503)
        try:
            await self._receive(environ, proto, most, places)
            places.keep()
            await self._answer(environ, proto)
        finally:
            places.leave()

    async def _receive(self, environ: Environ, proto: Any, most: int, places: Places) -> None:
        """Put what comes into the environment."""
        received, announced = Received(), environ.get("CONTENT_LENGTH", "")
        try:
            is_broken_off = await self._pieces(received, proto, most, places)
            if is_broken_off or (announced.isdigit() and received.size < int(announced)):
                raise Refusal(400)  # the visitor has left; nobody reads this
            environ["wsgi.input"] = received.whole()
        except OSError:
            log.exception("There is no room for a body.")
            received.drop()
            raise Refusal(503) from None
        except BaseException:
            received.drop()
            raise
        environ["CONTENT_LENGTH"] = str(received.size)
        environ.pop("HTTP_TRANSFER_ENCODING", None)

    async def _most(self, environ: Environ, announced: int | None, proto: Any) -> int:
        """How many bytes this body may have."""
        most = self.rules.large_body(environ)
        if most == self.rules.body or (announced is not None and announced <= self.rules.body):
            return self.rules.body
        may_be = await self._may_be_large(environ, proto)
        if may_be is None:
            raise Refusal(503)
        if not may_be:
            return self.rules.body
        return most

    async def _pieces(self, received: Received, proto: Any, most: int, places: Places) -> bool:
        """Whether it was broken off: Granian ends every body with an empty piece, and tells an error as one, too.

        And trailer fields, which RFC 9112 7.1.2 lets one discard: nothing else differs, so these are refused as well.
        """
        loop, empty, pieces, due = asyncio.get_running_loop(), 0, 0, STEP
        try:
            async with asyncio.timeout(PATIENCE) as patience:
                async for piece in proto:
                    if received.size + len(piece) > most:
                        raise Refusal(413)
                    empty += not piece
                    pieces += 1
                    if pieces > CRUMBS + received.size // CRUMB:
                        raise Refusal(400)
                    places.heard()
                    await received.add(piece)
                    if received.size >= due:
                        patience.reschedule(loop.time() + PATIENCE)
                        due = received.size + (STEP if received.size <= self.rules.body else LARGE_STEP)
        except TimeoutError:
            raise Refusal(408) from None
        except asyncio.CancelledError:  # another one needs the place
            _running().uncancel()
            raise Refusal(408) from None
        return empty > 1

    async def _answer(self, environ: Environ, proto: Any) -> None:
        loop = asyncio.get_running_loop()
        made: asyncio.Future[Spool | None] = loop.create_future()

        def told(spool: Spool | None) -> None:
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(_settle, made, spool)

        answer = Answer(proto, self.leaving, told)
        spool = await self._in_thread(lambda: answer.make(self.application, environ), made, environ, proto)
        if spool is not None:
            self.large.leave()
            self.receiving.leave()
            await self._send(spool, environ, proto)

    async def _send(self, spool: Spool, environ: Environ, proto: Any) -> None:
        if not self.sending.take(address_of(environ, self.rules.proxies())):
            spool.leave()
            raise Refusal(503)
        try:
            await send(spool, proto, self.sending.heard)
        except asyncio.CancelledError:  # another one needs the place
            _running().uncancel()
            raise Refusal(503) from None  # to somebody to whom nothing was sent yet
        finally:
            self.sending.leave()

    async def _may_be_large(self, environ: Environ, proto: Any) -> bool | None:
        """What the rules say in a thread that works, with its connection to the database; None where they fail."""
        loop = asyncio.get_running_loop()
        found: asyncio.Future[bool | None] = loop.create_future()

        def work() -> None:
            answer = None
            try:
                answer = self.rules.may_be_large(environ)
            finally:
                loop.call_soon_threadsafe(_settle, found, answer)

        return await self._in_thread(work, found, environ, proto)

    async def _in_thread(self, work: Callable[[], None], made: asyncio.Future[T], environ: Environ, proto: Any) -> T:
        """What the work makes of the future. Raises Refusal or Gone where it has to wait and is not begun.

        Only who has waited for long is watched: that costs more than many a request.
        """
        if not self.threads.are_busy():
            self.threads.do(work)
            return await made

        def give_up(why: Exception) -> bool:
            if not self.threads.drop(number):
                return False
            environ["wsgi.input"].close()  # nobody else will
            if not made.done():
                made.set_exception(why)
            return True

        def send_away() -> bool:
            return give_up(Refusal(503))

        if not self.waiting.take(address_of(environ, self.rules.proxies()), send_away):
            raise Refusal(503)
        for places in (self.receiving, self.large):
            places.keep(send_away)
        number = self.threads.do(work)
        watching: list[asyncio.Task[None]] = []

        def watch() -> None:
            watching.append(asyncio.create_task(_when_left(proto, lambda: give_up(Gone()))))

        later = asyncio.get_running_loop().call_later(LONG, watch)
        try:
            return await made
        finally:
            later.cancel()
            for task in watching:
                task.cancel()
            self.waiting.leave()


async def _when_left(proto: Any, then: Callable[[], object]) -> None:
    await proto.client_disconnect()
    then()


def address_of(environ: Environ, proxies: int) -> str:
    """Where a request comes from: with IPv6 the network of a house; "" for a worker of ours that hands it on."""
    told = environ["REMOTE_ADDR"]
    if proxies and "HTTP_X_FORWARDED_FOR" in environ:
        told = environ["HTTP_X_FORWARDED_FOR"].split(",")[-proxies:][0].strip()
    with suppress(ValueError):
        address = ip_address(told)
        if address.version == 6:
            told = str(address.ipv4_mapped or ip_network(f"{address}/64", strict=False))
    return str(told)


def _settle(future: asyncio.Future[T], value: T) -> None:
    if not future.done():
        future.set_result(value)


def _running() -> asyncio.Task[Any]:
    task = asyncio.current_task()
    if task is None:
        raise RuntimeError("no task runs")
    return task
