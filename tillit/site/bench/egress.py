"""`bin/bench broker`: a connection through the egress broker beside a direct one, taking turns in one run.

What it may cost: 1 ms for each new connection at the median, and a fifth of the speed of a body of 100 MB.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import django
import httpx

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tillit.site.settings")
django.setup()

from django.conf import settings  # noqa: E402 - Django is set up first

from tillit.foundation import outbound, ways  # noqa: E402
from tillit.site.bench.machine import wait_for_quiet  # noqa: E402
from tillit.site.bench.other_sides import BODY, HOST, PURPOSE  # noqa: E402
from tillit.site.bench.serving import leashed  # noqa: E402
from tillit.site.problems import Problem, complain  # noqa: E402

MOST_ADDED = 1.0  # ms for a new connection, at the median
LEAST_SHARE = 0.8  # of the direct speed
WARMING = 50
SIDES = "tillit.site.bench.other_sides"


@dataclass(frozen=True)
class Found:
    """Medians. Connections in ms, to the first byte of an answer; speeds in MB/s: a body by HTTP, and bare sockets."""

    connection_direct_ms: float
    connection_broker_ms: float
    body_direct: float
    body_broker: float
    bare_direct: float
    bare_broker: float

    @property
    def added_ms(self) -> float:
        return self.connection_broker_ms - self.connection_direct_ms

    @property
    def share(self) -> float:
        return self.body_broker / self.body_direct

    @property
    def kept(self) -> bool:
        return self.added_ms < MOST_ADDED and self.share > LEAST_SHARE

    def as_text(self) -> str:
        def verdict(kept: bool) -> str:
            return "kept" if kept else "MISSED"

        return (
            f"A new connection, at the median\n"
            f"  direct {self.connection_direct_ms:.3f} ms, by the broker {self.connection_broker_ms:.3f} ms: "
            f"{self.added_ms:.3f} ms added (aim: under {MOST_ADDED:.0f} ms, {verdict(self.added_ms < MOST_ADDED)})\n"
            f"A body of {BODY // 10**6} MB by HTTP, at the median\n"
            f"  direct {self.body_direct:.0f} MB/s, by the broker {self.body_broker:.0f} MB/s: "
            f"{self.share:.0%} (aim: over {LEAST_SHARE:.0%}, {verdict(self.share > LEAST_SHARE)})\n"
            f"The same by bare sockets, without HTTP: direct {self.bare_direct:.0f} MB/s, "
            f"by the broker {self.bare_broker:.0f} MB/s ({self.bare_broker / self.bare_direct:.0%})\n"
        )


def main(arguments: list[str]) -> int:
    options = _parser().parse_args(arguments)
    folder = Path(tempfile.mkdtemp(prefix="tillit-bench-"))
    try:
        with _sides(folder) as port:
            wait_for_quiet(options.patience)
            found = _measure(port, options.connections, options.bodies)
    except Problem as problem:
        complain(problem)
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    sys.stdout.write(found.as_text())
    if options.json:
        figures = asdict(found) | {"added_ms": found.added_ms, "share": found.share, "aims_met": found.kept}
        options.json.write_text(json.dumps(figures, indent=1) + "\n")
    return 2 if options.strict and not found.kept else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bin/bench broker", description="Measure the broker beside direct connections."
    )
    parser.add_argument("--connections", type=int, default=1_000, help="how many of each kind (1000)")
    parser.add_argument("--bodies", type=int, default=9, help="how many bodies of 100 MB of each kind (9)")
    parser.add_argument("--patience", type=float, default=3.0, help="seconds to wait for a quiet machine (3)")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    parser.add_argument("--strict", action="store_true", help="exit status 2 when an aim is missed")
    return parser


@contextmanager
def _sides(folder: Path) -> Iterator[int]:
    """The server and the broker, until the block ends; yields the server's port."""
    settings.BROKER_SOCKET = folder / "socket"
    values = dict(os.environ)
    with ExitStack() as ending:
        server = ending.enter_context(leashed(SIDES, "server", environment=values, out=subprocess.PIPE))
        port = int(_first_line(server))
        way = ending.enter_context(
            leashed(SIDES, "broker", str(port), str(folder), environment=values, out=subprocess.PIPE)
        )
        _first_line(way)
        yield port


def _first_line(process: subprocess.Popen[bytes]) -> bytes:
    line = process.stdout.readline() if process.stdout else b""
    if not line:
        raise Problem("A process to measure with did not start.")
    return line


def _measure(port: int, connections: int, bodies: int) -> Found:
    def direct() -> socket.socket:
        made = socket.create_connection((HOST, port))
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made

    def by_the_broker() -> socket.socket:
        return ways.connect(None, PURPOSE, HOST, port, tls="none")

    both = (direct, by_the_broker)
    for connect in both * WARMING:
        _connection(connect)
    times = [[_connection(connect) for connect in both] for _ in range(connections)]
    url = f"http://{HOST}:{port}/"
    clients: tuple[Callable[[], httpx.Client], ...] = (
        lambda: httpx.Client(trust_env=False),
        lambda: outbound.client(None, PURPOSE),
    )
    speeds = [[_body(client, url) for client in clients] for _ in range(bodies)]
    bare = [[_bare(connect) for connect in both] for _ in range(bodies)]
    middle = [statistics.median(column) for rows in (times, speeds, bare) for column in zip(*rows, strict=True)]
    return Found(*middle)


def _connection(connect: Callable[[], socket.socket]) -> float:
    """Milliseconds to the first byte of an answer."""
    began = time.perf_counter()
    with connect() as made:
        made.sendall(b"?")
        made.recv(1)
        return (time.perf_counter() - began) * 1000


def _body(client: Callable[[], httpx.Client], url: str) -> float:
    """MB/s."""
    with client() as http:
        began, count = time.perf_counter(), 0
        with http.stream("GET", url) as response:
            for piece in response.iter_raw():
                count += len(piece)
        return count / 10**6 / (time.perf_counter() - began)


def _bare(connect: Callable[[], socket.socket]) -> float:
    """MB/s."""
    room = bytearray(1 << 20)
    with connect() as made:
        began, count = time.perf_counter(), 0
        made.sendall(b"GET / HTTP/1.1\r\n\r\n")
        while count < BODY and (size := made.recv_into(room)):
            count += size
        return count / 10**6 / (time.perf_counter() - began)
