"""The process that serves the signed copy: started, watched, replaced and ended by `bin/up`, and never on its leash.

Killed supervisors leave it behind on purpose. It is found again by the note it holds a lock on (`status-copy.lock` of
the data folder), which is held for as long as it lives, however it ends; so no number is taken for another's process.
"""

from __future__ import annotations

import fcntl
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from tillit.site.leash import CONFINE
from tillit.site.listening import open_sockets
from tillit.site.logs import Logs
from tillit.site.problems import Problem
from tillit.site.processes import alive
from tillit.site.runtime import ROOT

NOTE = "status-copy.lock"
SERVER = "tillit.site.copy_server"
PASSED = ("PATH", "LANG", "TMPDIR", "HOME", "TILLIT_CONFINEMENT")  # of our environment: no secret, no credential
END_SECONDS = 5.0  # to end in order; then it is killed
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0  # before one that fails at once is started again
STEADY = 10.0  # one that lived this long has not failed
LOOK = 20.0  # seconds between looks at whether it answers
ANSWER_SECONDS = 5.0
MISSES = 3  # in a row: it hangs
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - not bound to here


def serving(data: Path) -> dict[str, Any]:
    """Process and port of the one that serves this data folder's copy; empty when none does."""
    try:
        handle = os.open(data / NOTE, os.O_RDWR)
    except OSError:
        return {}
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        with suppress(ValueError):
            found: dict[str, Any] = json.loads(os.pread(handle, 200, 0))
            return found
        return {}
    finally:
        os.close(handle)
    return {}


def answers(data: Path) -> bool:
    """Whether this folder's copy is served just now, be it with «no copy has been written yet»."""
    found = serving(data)
    if not found:
        return False
    address = found.get("address", "127.0.0.1")  # an earlier release did not note it
    connection = http.client.HTTPConnection(EVERYWHERE.get(address, address), found["port"], timeout=ANSWER_SECONDS)
    try:
        connection.request("HEAD", "/key.json")
        return connection.getresponse().status > 0
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def end(data: Path) -> None:
    """End the one that serves this folder's copy, whoever started it."""
    found = serving(data)
    if not found:
        return
    pid = found["pid"]
    deadline = time.monotonic() + END_SECONDS
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
        while serving(data).get("pid") == pid and alive(pid):
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.02)


def folder_of(data: Path) -> Path:
    return Path(os.environ.get("TILLIT_STATUS_COPY_FOLDER") or data / "status-copy")


def open_port(host: str, wanted: int | None, beside: int) -> socket.socket:
    """The port that was asked for; without a wish the one after Tillit's own, or any that is free."""
    if wanted is not None:
        return open_sockets(host, wanted, 1)[0]
    try:
        return open_sockets(host, beside + 1 if beside else 0, 1)[0]
    except Problem:
        return open_sockets(host, 0, 1)[0]


class CopyProcess:
    """Keeps one process serving on `listening`, until it is told to leave it or to end it."""

    def __init__(self, data: Path, listening: socket.socket, walls: tuple[str, ...], logs: Logs) -> None:
        self.data = data
        self.listening = listening
        self.walls = walls
        self.logs = logs
        self.address = f"http://localhost:{listening.getsockname()[1]}/"
        self.over = threading.Event()
        self.lock = threading.Lock()
        self.process: subprocess.Popen[bytes] | None = None

    def page(self) -> str:
        """The address for people: what the operator says, else this machine's where Tillit itself is for it only."""
        own = "" if os.environ.get("TILLIT_BASE_HOST") else self.address
        return os.environ.get("TILLIT_STATUS_COPY_PAGE") or own

    def start(self) -> None:
        """Replace whatever an earlier Tillit left behind, and watch the new one from a thread."""
        self._begin()
        threading.Thread(target=self._watch, name="status-copy", daemon=True).start()

    def renew(self) -> None:
        """Of today's release; the socket stays open meanwhile, so visitors wait some milliseconds."""
        if self.process is not None:
            self.process.terminate()  # the watch starts the next one

    def finish(self, *, leave: bool) -> None:
        """Stop watching; `leave` lets the process go on by itself."""
        self.over.set()
        with self.lock:
            self.listening.close()
            if not leave:
                end(self.data)
                if self.process is not None:
                    self.process.terminate()  # it may have begun a moment ago, and not have said that it serves
                    try:
                        self.process.wait(END_SECONDS)
                    except subprocess.TimeoutExpired:
                        self.process.kill()
                        self.process.wait()

    def _begin(self) -> None:
        with self.lock:
            if self.over.is_set():
                return
            end(self.data)
            handle = self.listening.fileno()
            confined = [CONFINE + ",".join(self.walls)] if self.walls else []
            command = [sys.executable, "-P", "-m", "tillit.site.leash", *confined, SERVER]
            values = {name: os.environ[name] for name in PASSED if name in os.environ}
            values |= {"PYTHONPATH": str(ROOT), "TILLIT_LISTEN_FD": str(handle)}
            with self.logs.open("status-copy") as log:
                self.process = subprocess.Popen(
                    [*command, str(folder_of(self.data)), str(self.data / NOTE)],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env=values,
                    cwd="/",
                    pass_fds=[handle],
                    start_new_session=True,  # no signal of ours and no closed terminal reaches it
                )

    def _watch(self) -> None:
        pause = 0.0
        while not self.over.wait(pause):
            began = time.monotonic()
            if self.process is not None:
                self._wait_for_the_end_of(self.process)
            if self.over.is_set():
                return
            steady = time.monotonic() - began > STEADY
            pause = 0.0 if steady else min(LONGEST_PAUSE, pause * 2 or FIRST_PAUSE)
            self.logs.note("supervisor", "status-copy ended; starting it again")
            self._begin()

    def _wait_for_the_end_of(self, process: subprocess.Popen[bytes]) -> None:
        """Or make it, once it hangs."""
        misses = 0
        while True:
            try:
                process.wait(LOOK)
                return
            except subprocess.TimeoutExpired:
                misses = misses + 1 if serving(self.data) and not answers(self.data) else 0
            if misses == MISSES and not self.over.is_set():
                self.logs.note("supervisor", "status-copy does not answer any more; it is replaced")
                process.kill()


def state_of(data: Path) -> dict[str, Any]:
    """For `bin/tillit state`: where the copy is served, and when it was made; nothing where it never was."""
    found = serving(data)
    known: dict[str, Any] = {}
    if found:
        known = {"copy": f"http://localhost:{found['port']}/", "copy_pid": found["pid"], "copy_ready": answers(data)}
    with suppress(OSError, ValueError, KeyError):
        signed = json.loads((folder_of(data) / "signed.json").read_bytes())
        known["copy_made"] = json.loads(signed["document"])["made_at"]
    return known
