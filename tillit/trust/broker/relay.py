"""Bytes from one connection to the other and back, counted, until both ends have said all they had to say.

On Linux they never enter this process: `splice` moves them through a pipe. A connection that is still watched, and any
on other systems, is copied.
"""

from __future__ import annotations

import fcntl
import os
import select
import socket
import ssl
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from tillit.trust.broker.watching import Watcher

CHUNK = 1 << 20
TURNS = 32  # before the other direction has its turn
LARGE = 1 << 20  # bytes after which a connection gets a wider pipe
HELLO_SECONDS = 15.0  # for what has to be looked at before the rest may go
IDLE_SECONDS = 600.0  # SMTP allows its servers ten minutes for an answer (RFC 5321, 4.5.3.2.6)
HALF_SECONDS = 120.0  # without a byte, after one side has said its last
SPLICES = sys.platform == "linux" and hasattr(os, "splice")


class Gone(Exception):
    """A side has left without saying its last."""

    def __init__(self, side: socket.socket) -> None:
        super().__init__()
        self.side = side


class Store(Protocol):
    """What has been taken from one side and not yet been given to the other."""

    @property
    def held(self) -> int: ...

    def fill(self, source: socket.socket) -> int: ...

    def drain(self, target: socket.socket) -> int: ...

    def close(self) -> None: ...


class Pipe:
    """A store in the kernel."""

    def __init__(self) -> None:
        self.held = 0
        self.size = 1 << 16
        self._out, self._in = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._moved = 0

    def fill(self, source: socket.socket) -> int:
        self.held += (count := os.splice(source.fileno(), self._in, CHUNK))
        return count

    def drain(self, target: socket.socket) -> int:
        count = os.splice(self._out, target.fileno(), self.held)
        self.held -= count
        self._moved += count
        if self._moved > LARGE and self.size < CHUNK:
            self.size = CHUNK
            with suppress(OSError):  # the system allows a user only so much
                fcntl.fcntl(self._in, fcntl.F_SETPIPE_SZ, CHUNK)
        return count

    def close(self) -> None:
        os.close(self._in)
        os.close(self._out)


class Buffer:
    """A store in this process, with a watcher or without."""

    def __init__(self, watcher: Watcher | None = None) -> None:
        self.watcher = watcher
        self._content = memoryview(b"")

    @property
    def held(self) -> int:
        return len(self._content)

    @property
    def done(self) -> bool:
        """Whether the rest of the connection needs no look, and nothing is left here."""
        return not self._content and (self.watcher is None or self.watcher.done)

    def fill(self, source: socket.socket) -> int:
        data = source.recv(65_536 if SPLICES else CHUNK)
        self.put(data)
        return len(data)

    def put(self, data: bytes) -> None:
        """Raises Cut where the watcher does."""
        if data and self.watcher is not None and not self.watcher.done:
            data = self.watcher.feed(data)
        self._content = memoryview(data)

    def drain(self, target: socket.socket) -> int:
        count = target.send(self._content)
        self._content = self._content[count:]
        return count

    def close(self) -> None:
        self._content = memoryview(b"")


class Way:
    """One direction."""

    def __init__(self, source: socket.socket, target: socket.socket, store: Store) -> None:
        self.source = source
        self.target = target
        self.store = store
        self.moved = 0
        self.ended = False  # the source has said its last
        self.over = False  # and the target knows

    def pump(self) -> None:
        """Move what can be moved without waiting. Raises Gone."""
        with suppress(BlockingIOError):
            for _ in range(TURNS):
                if self.over:
                    return
                if not self.store.held and not self.ended and self._fill() == 0:
                    self.ended = True
                while self.store.held:
                    self.moved += self._drain()
                if self.ended:
                    self.over = True
                    if not isinstance(self.target, ssl.SSLSocket):  # of TLS only the whole can be shut
                        with suppress(OSError):
                            self.target.shutdown(socket.SHUT_WR)
                elif isinstance(self.store, Buffer) and self.store.done and self.spliceable:
                    self.store = Pipe()

    @property
    def spliceable(self) -> bool:
        return SPLICES and not isinstance(self.source, ssl.SSLSocket) and not isinstance(self.target, ssl.SSLSocket)

    def buffered(self) -> bool:
        """Whether the source holds bytes that the kernel knows nothing of any more."""
        return isinstance(self.source, ssl.SSLSocket) and not self.store.held and self.source.pending() > 0

    def _fill(self) -> int:
        try:
            return self.store.fill(self.source)
        except ssl.SSLZeroReturnError:
            return 0
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError) as error:
            raise BlockingIOError from error
        except OSError as error:
            raise Gone(self.source) from error

    def _drain(self) -> int:
        try:
            return self.store.drain(self.target)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError) as error:
            raise BlockingIOError from error
        except OSError as error:
            raise Gone(self.target) from error


class Relay:
    """Both directions between a client and a server, in the calling thread."""

    def __init__(
        self,
        client: socket.socket,
        server: socket.socket,
        watcher: Watcher | None,
        *,
        back: Watcher | None = None,
        idle: float = IDLE_SECONDS,
    ) -> None:
        """What comes from the client goes by `watcher`, what comes from the server by `back`; None: looked at by none.

        `idle`: seconds without a byte after which it ends.
        """
        self.watcher = watcher
        self.idle = idle
        self.first = Buffer(watcher)
        self.out = Way(client, server, self.first)
        self.back = Way(server, client, Buffer(back))
        self._waits_since = 0.0
        self._asked: dict[int, int] = {}
        self._poll = select.poll()

    def moved(self) -> tuple[int, int]:
        """Bytes the server and the client have got."""
        return self.out.moved, self.back.moved

    def run(self, said: bytes, *, look: Callable[[], str], stopped: Callable[[], bool]) -> str:
        """Until both are over. Gives back "", or why it ended before: `idle`, `tls`, `broken-off`, `stopped`.

        `said`: what the client has said already. `look` is asked once a second and ends it with a reason of its own.
        Raises Cut where the watcher does.
        """
        for way in (self.out, self.back):
            way.source.setblocking(False)
        try:
            self.first.put(said)
            return self._run(look, stopped)
        except Gone as gone:  # a client may leave when it has what it wanted
            return "" if gone.side is self.out.source or self.back.ended else "broken-off"
        finally:
            self.out.store.close()
            self.back.store.close()

    def _run(self, look: Callable[[], str], stopped: Callable[[], bool]) -> str:
        moved_at = looked_at = time.monotonic()
        self.out.pump()
        while not (self.out.over and self.back.over):
            self._ask()
            buffered = self.back.buffered()
            if (found := self._poll.poll(0.0 if buffered else 1000.0)) or buffered:
                self.out.pump()
                self.back.pump()
                moved_at = time.monotonic()
                if self.out.over and any(event & select.POLLHUP for _handle, event in found):
                    return ""  # the client has gone altogether: nobody is left to answer
            now = time.monotonic()
            if now - looked_at > 1.0:
                looked_at = now
                reason = self._too_long(now, moved_at) or look() or ("stopped" if stopped() else "")
                if reason:
                    return reason
        return ""

    def _too_long(self, now: float, moved_at: float) -> str:
        self._waits_since = (self._waits_since or now) if self.watcher and self.watcher.waiting else 0.0
        if self._waits_since and now - self._waits_since > HELLO_SECONDS:
            return "tls"
        half = self.out.over or self.back.over
        return "idle" if now - moved_at > (HALF_SECONDS if half else self.idle) else ""

    def _ask(self) -> None:
        """Be woken by what can be moved next, and by nothing else."""
        wanted: dict[int, int] = {}
        for way in (self.out, self.back):
            if way.store.held:
                wanted[way.target.fileno()] = wanted.get(way.target.fileno(), 0) | select.POLLOUT
            elif not way.ended:
                wanted[way.source.fileno()] = wanted.get(way.source.fileno(), 0) | select.POLLIN
        if self.out.over:
            wanted.setdefault(self.out.source.fileno(), 0)  # to hear when it goes
        if wanted == self._asked:
            return
        for gone in self._asked.keys() - wanted.keys():
            self._poll.unregister(gone)
        for handle, events in wanted.items():
            self._poll.register(handle, events)
        self._asked = wanted
