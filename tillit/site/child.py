"""One process of the supervisor: how it is started, how it says that it is ready, how it is asked to end.

It is started afresh, or forked by a fork server (`forkserver.py`) that has loaded the code already. Either way it is
this process's own child, in a process group of its own, so that Ctrl-C reaches the supervisor alone, and on a leash
(`leash.py`), so that it does not outlive it.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tillit.site.gently import WISH
from tillit.site.leash import CONFINE
from tillit.site.logs import Logs
from tillit.site.runtime import ROOT, python_of

FORKSERVER = "tillit.site.forkserver"
PATIENCE = 5.0  # seconds for a fork server to fork: it waits for nothing but orders
SUBREAPER = 36  # of prctl: a process whose parent ended becomes ours
LONGEST_ANSWER = 4096


@dataclass(frozen=True)
class Program:
    """What to run. `settle`: seconds alive that count as ready; None: it reports over the pipe.

    `walls` stand between it and the network (`confine.py`). One that `supports` the others is there before them and
    after them. One that is `forked` comes from the fork server of its checkout and walls, where one is there. Without
    one that is `optional` everything else goes on. One that is `last` is replaced after all others.
    """

    name: str
    module: str
    arguments: tuple[str, ...] = ()
    socket: socket.socket | None = None
    settle: float | None = None
    grace: float = 10.0  # seconds to end in order before it is killed
    lingers: float | None = None  # the same once another does its work, so that it can finish what it is at
    walls: tuple[str, ...] = ()
    supports: bool = False
    forked: bool = False
    optional: bool = False
    last: bool = False
    hung: float = 60.0  # seconds without a sign of life, for those that give any, until it is taken for hung
    root: Path = ROOT  # the checkout it runs from; another one than ours has an environment of its own


class Forked:
    """A process that a fork server made for us; what of `subprocess.Popen` is asked of it."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        return self._wait(os.WNOHANG)

    def wait(self) -> int | None:
        return self._wait(0)

    def _wait(self, how: int) -> int | None:
        if self.returncode is None:
            try:
                pid, status = os.waitpid(self.pid, how)
            except ChildProcessError:
                pid, status = self.pid, 0  # as Popen has it: ended, nobody knows how
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode


class Child:
    """One process of a program, with its leash and its way to say that it is ready.

    `gently`: how it is to load (`gently.py`). Raises OSError where it cannot be started.
    """

    def __init__(
        self,
        program: Program,
        environment: dict[str, str],
        logs: Logs,
        *,
        gently: str = "",
        server: Child | None = None,
    ) -> None:
        self.program = program
        self.began = time.monotonic()
        self.kill_at: float | None = None
        self.reported = False
        self.last_beat: float | None = None
        self.orders: socket.socket | None = None
        self.environment = environment
        values = environment | ({WISH: gently} if gently else {})
        with ExitStack() as ours, ExitStack() as theirs:  # the second is closed in any case: it has copies
            self.ready_end, said = _pipe(ours, theirs)
            held, self.leash = _pipe(theirs, ours)
            handles = {"TILLIT_READY_FD": said}
            if program.module == FORKSERVER:  # its orders are its leash, too: one held by a thread would end in a fork
                self.orders, given = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
                ours.callback(self.orders.close)
                theirs.callback(given.close)
                handles["TILLIT_ORDERS_FD"] = given.fileno()
            else:
                handles["TILLIT_LEASH_FD"] = held
            if program.socket is not None:
                handles["TILLIT_LISTEN_FD"] = program.socket.fileno()
            log = theirs.enter_context(logs.open(program.name))
            self.process: subprocess.Popen[bytes] | Forked
            if server is None:
                self.process = _start(program, values, handles, log.fileno())
            else:
                self.process = server.fork(program, values, handles | {"log": log.fileno()})
            ours.pop_all()
        os.set_blocking(self.ready_end, False)

    def fork(self, program: Program, values: dict[str, str], handles: dict[str, int]) -> Forked:
        """Have this fork server start `program`. One that does not answer is killed: another takes its place."""
        assert self.orders is not None  # noqa: S101 - only a fork server is asked
        asked = {"name": program.name, "module": program.module, "arguments": program.arguments, "values": values}
        order = json.dumps(asked | {"handles": list(handles)}).encode()
        self.orders.settimeout(PATIENCE)
        with _parent_of_orphans():
            try:
                socket.send_fds(self.orders, [order], list(handles.values()))
                answer = self.orders.recv(LONGEST_ANSWER)
            except TimeoutError:
                self.signal(signal.SIGKILL)
                self.orders.close()
                self.orders = None  # what it may answer still is for nobody
                raise OSError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT)) from None
        if not answer:
            raise OSError(errno.ECONNRESET, os.strerror(errno.ECONNRESET))
        said = json.loads(answer)
        if "error" in said:
            raise OSError(said["error"], os.strerror(said["error"]))
        return Forked(said["pid"])

    def forks(self, program: Program, environment: dict[str, str]) -> bool:
        """Whether this is a fork server that can start `program`: ready, of its checkout, behind its walls, and loaded
        with the same values."""
        own = self.program
        same = (own.root, own.walls, self.environment) == (program.root, program.walls, environment)
        return program.forked and self.orders is not None and same and self.reported and self.alive()

    def ready(self) -> bool:
        """Whether it can do its work (once true, it stays so)."""
        if self.reported or not self.alive():
            return self.reported
        self.reported = self._said() != b""
        settle = self.program.settle
        self.reported = self.reported or (settle is not None and time.monotonic() - self.began >= settle)
        return self.reported

    def hung(self) -> bool:
        """Whether it gave signs of life before, and has given none for long."""
        self._said()
        return self.last_beat is not None and time.monotonic() - self.last_beat > self.program.hung

    def _said(self) -> bytes:
        said = b""
        with suppress(BlockingIOError):
            said = os.read(self.ready_end, 4096)
        if b"beat" in said:
            self.last_beat = time.monotonic()
        return said

    def alive(self) -> bool:
        return self.process.poll() is None

    def signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)

    def ask_to_end(self, patience: float | None = None) -> None:
        """Within `patience` seconds, or else those of its program; asked again, the sooner holds."""
        self.signal(signal.SIGTERM)
        self.hurry(self.program.grace if patience is None else patience)

    def hurry(self, patience: float) -> None:
        until = time.monotonic() + patience
        self.kill_at = until if self.kill_at is None else min(self.kill_at, until)

    def forget(self) -> None:
        """Release the pipes of a process that ended, and whatever it left in its group."""
        self.signal(signal.SIGKILL)
        os.close(self.ready_end)
        os.close(self.leash)
        if self.orders is not None:
            self.orders.close()

    def epitaph(self) -> str:
        status = self.process.returncode or 0
        return f"killed by signal {-status}" if status < 0 else f"exit status {status}"


def _pipe(reader: ExitStack, writer: ExitStack) -> tuple[int, int]:
    read, write = os.pipe()
    reader.callback(os.close, read)
    writer.callback(os.close, write)
    return read, write


def _start(program: Program, values: dict[str, str], handles: dict[str, int], log: int) -> subprocess.Popen[bytes]:
    leash = ["tillit.site.leash", *([CONFINE + ",".join(program.walls)] if program.walls else [])]
    return subprocess.Popen(
        [python_of(program.root), "-P", "-m", *leash, program.module, *program.arguments],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        env=values | {name: str(handle) for name, handle in handles.items()},
        cwd=program.root,
        pass_fds=list(handles.values()),
        process_group=0,
    )


@contextmanager
def _parent_of_orphans() -> Iterator[None]:
    """While a fork server forks: it does so twice and the one between ends, which leaves the new process to us.

    For no longer, or whatever our children leave behind some day would be ours to wait for.
    """
    prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else lambda *_arguments: 0
    prctl(SUBREAPER, 1, 0, 0, 0)
    try:
        yield
    finally:
        prctl(SUBREAPER, 0, 0, 0, 0)
