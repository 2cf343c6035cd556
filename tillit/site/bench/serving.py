"""Tillit as `bin/up` starts it, on a data folder of its own, for as long as it is measured."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from tillit.site import runtime
from tillit.site.folder import Claim
from tillit.site.problems import Problem
from tillit.site.progress import Progress
from tillit.site.runtime import ROOT
from tillit.site.up import WEB_WORKERS

RESULT = "bench.json"  # also the mark of a folder that is ours to empty
FIRST_START = 300.0  # seconds
END = 90.0
ROOM = 500 * 2**20  # bytes, and for every person:
ROOM_EACH = 8_000
LISTENING = "0A"  # the state in /proc/net/tcp
UNLIMITED = "1000000000"


def settle_in(data: Path, persons: int) -> None:
    """An empty folder. Raises Problem for one that holds anything else than an earlier measurement, or is too small."""
    if data.exists() and any(data.iterdir()) and not (data / RESULT).exists():
        raise Problem(f"{data} is not empty and holds no measurement. Name another folder with --data.")
    Claim(data, room=ROOM + persons * ROOM_EACH).release()
    empty(data)
    (data / RESULT).write_text("{}\n")


def empty(data: Path) -> None:
    """Remove everything but the figures."""
    for place in data.iterdir():
        if place.name == RESULT:
            continue
        if place.is_dir() and not place.is_symlink():
            shutil.rmtree(place, ignore_errors=True)
        else:
            place.unlink(missing_ok=True)


@contextmanager
def running(data: Path, port: int, progress: Progress) -> Iterator[int]:
    """Start Tillit with web workers, job worker and database; yields its port once all of them serve."""
    with progress.step("Setting up a Tillit to measure"), ExitStack() as ending:
        served = ending.enter_context(started(data, port))
        kept = ending.pop_all()
    with kept:
        yield served


@contextmanager
def started(data: Path, port: int) -> Iterator[int]:
    """The same without a word."""
    arguments = ("--data", str(data), "--port", str(port), "--no-demo", "--quiet")
    values = _environment() | {"TILLIT_API_REQUESTS_PER_MINUTE": UNLIMITED}
    with leashed("tillit.site.up", *arguments, environment=values) as process:
        yield _wait(data, process)


@contextmanager
def leashed(
    module: str, *arguments: str, environment: Mapping[str, str], out: IO[Any] | int | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A process that ends with the block, and with us however we end."""
    held, leash = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "tillit.site.leash", module, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=out,
        env={**environment, "TILLIT_LEASH_FD": str(held)},
        cwd=ROOT,
        pass_fds=(held,),
        process_group=0,
    )
    os.close(held)
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(END)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        os.close(leash)


def _environment() -> dict[str, str]:
    """Ours, without what would lead to another installation or its database."""
    return {name: value for name, value in os.environ.items() if not name.startswith("TILLIT_")}


def _wait(data: Path, process: subprocess.Popen[bytes]) -> int:
    deadline = time.monotonic() + FIRST_START
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise Problem(f"The Tillit to be measured did not start. Details: {data / 'log'}")
        port = runtime.running(data).get("port")
        if port and _listening(port) >= WEB_WORKERS:
            return int(port)
        time.sleep(0.1)
    raise Problem(f"The Tillit to be measured did not start in time. Details: {data / 'log'}")


def _listening(port: int) -> int:
    """How many sockets listen on the port: one for each web worker that is ready. Where the system does not tell, the
    workers get a moment.
    """
    try:
        lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    except OSError:
        time.sleep(5)
        return WEB_WORKERS
    columns = (line.split() for line in lines)
    return sum(column[1].endswith(f":{port:04X}") and column[3] == LISTENING for column in columns)
