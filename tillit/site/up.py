"""`bin/up`: from a checkout to a serving Tillit, and its supervisor until it is asked to end."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import signal
import socket
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

from tillit.site import confine, copy_process, runtime
from tillit.site.child import FORKSERVER, Program
from tillit.site.copy_process import CopyProcess
from tillit.site.fitting import BROKER, NIGHTLY, PROBER, RESTARTS, fit_for
from tillit.site.folder import Claim, left_by_a_crash
from tillit.site.listening import AFTER_A_CRASH, open_sockets
from tillit.site.logs import Logs
from tillit.site.preparation import Preparation, release
from tillit.site.problems import Problem, complain, from_os, note_traceback
from tillit.site.progress import Progress
from tillit.site.sides import LINGERS, SERVE, Sides
from tillit.site.supervisor import Supervisor

WEB_WORKERS = 2


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    data: Path = options.data.absolute()
    signal.signal(signal.SIGTERM, _interrupt)
    os.umask(0o077)  # what an installation keeps is nobody else's to read
    try:
        return _run(data, options)
    except Problem as problem:
        complain(problem)
    except OSError as error:
        note_traceback(data / "log" / "up.log")
        complain(from_os(error, str(data)))
    except KeyboardInterrupt:
        complain("Stopped before Tillit was ready.")
        return 130
    except Exception:
        complain(f"Something went wrong that should not have. Details: {note_traceback(data / 'log' / 'up.log')}")
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bin/up", description="Start Tillit.")
    parser.add_argument("--port", type=_port, default=8000, help="port to serve on (8000); 0 takes a free one")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (this machine only)")
    parser.add_argument("--status-port", type=_port, help="port of the status copy (the next one); 0: a free one")
    parser.add_argument("--leave-status", action="store_true", help="at the end leave the copy's process running")
    parser.add_argument("--data", type=Path, default=runtime.data_folder(), help="data folder (var/)")
    parser.add_argument("--no-demo", action="store_true", help="begin empty: no demo on the first run")
    parser.add_argument("--quiet", action="store_true", help="print errors only")
    return parser


def _port(text: str) -> int:
    if not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port number between 0 and 65535")
    return int(text)


def _run(data: Path, options: argparse.Namespace) -> int:
    began = time.monotonic()
    progress = Progress(quiet=options.quiet)
    claim = Claim(data)
    patience = AFTER_A_CRASH if left_by_a_crash(data) else 0.0
    sockets = open_sockets(options.host, options.port, WEB_WORKERS, patience=patience)
    base_host = os.environ.get("TILLIT_BASE_HOST") or _host_of(sockets[0])
    logs = Logs(data / "log")
    copy_process.end(data)  # an earlier one may have outlived its Tillit, and holds the port
    copies = copy_process.open_port(options.host, options.status_port, sockets[0].getsockname()[1])
    preparation = Preparation(data, logs=logs, progress=progress)
    walls = confine.choose(os.environ.get("TILLIT_CONFINEMENT", ""))
    if not runtime.installation(data):
        progress.say(f"Setting up Tillit in {data}. The first start takes a minute or two.")
    copy = CopyProcess(data, copies, walls, logs)
    try:
        runtime.remember(data, base_host=base_host, copy_page=copy.page(), release=release(), brought=release())
        copy.start()
        preparation.database()
        preparation.tables()
        preparation.static_files()
        preparation.broker_folder()
        preparation.demo(wanted=not options.no_demo)
        _serve(preparation, sockets, walls, base_host, began, copy)
    finally:
        copy.finish(leave=options.leave_status)
        if preparation.cluster is not None:
            preparation.cluster.stop()
    claim.release()
    return 0


def _serve(
    preparation: Preparation,
    sockets: list[socket.socket],
    walls: tuple[str, ...],
    base_host: str,
    began: float,
    copy: CopyProcess,
) -> None:
    data, logs, progress = preparation.data, preparation.logs, preparation.progress
    card = Card(data, sockets[0], base_host)
    card.facts["copy"] = copy.address

    def say(line: str) -> None:
        logs.note("supervisor", line)
        progress.say(f"{time.strftime('%H:%M:%S')} {line}")

    def environment(program: Program) -> dict[str, str]:
        with suppress(OSError):  # a full disk must not keep a child from being started again
            runtime.remember(data, release=release(sides.main.main))
        return fit_for(program.module, sides.environment(program))

    def restarted(complete: bool) -> None:
        card.restarted(complete)
        if complete:
            copy.renew()

    supervisor = Supervisor(
        _programs(sockets, walls, embedded=preparation.cluster is not None),
        logs=logs,
        environment=environment,
        say=say,
        restarted=restarted,
        database=preparation.cluster,
    )
    sides = Sides(data, supervisor)
    supervisor.listen_to_signals()
    try:
        with progress.step("Starting the first web worker"):
            supervisor.start()
        if not supervisor.stopping:
            card.show()
            logs.note("supervisor", f"Tillit runs at {card.facts['url']}")
            logs.note("supervisor", f"What keeps its workers from the network: {confine.level_of(walls)}")
            progress.say(_welcome(data, base_host, time.monotonic() - began))
        supervisor.run()
        progress.say("\nEnding Tillit.")
    finally:
        supervisor.shut_down()
        card.withdraw()
        logs.note("supervisor", "Tillit has ended")


class Card:
    """`running.json`: where this Tillit is to be found while it runs."""

    def __init__(self, data: Path, listening: socket.socket, base_host: str) -> None:
        self.place = data / "running.json"
        address, port = listening.getsockname()[:2]
        self.facts: dict[str, Any] = {
            "pid": os.getpid(),
            "url": f"http://{base_host}/",
            "address": {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address, address),  # noqa: S104 - not bound to here
            "port": port,
            "since": datetime.now(UTC).isoformat(timespec="seconds"),
            "restarts": 0,
            "restarted": True,
        }

    def show(self) -> None:
        runtime.write(self.place, self.facts)

    def restarted(self, complete: bool) -> None:
        self.facts |= {"restarts": self.facts["restarts"] + 1, "restarted": complete}
        with suppress(OSError):
            self.show()

    def withdraw(self) -> None:
        self.place.unlink(missing_ok=True)


def _programs(sockets: list[socket.socket], walls: tuple[str, ...], *, embedded: bool) -> list[Program]:
    """The broker alone may reach other servers; the workers find it when they start."""
    broker = [Program("broker", BROKER, grace=60.0, supports=True)] if find_spec(BROKER) else []
    code = (
        [Program("forkserver", FORKSERVER, walls=walls, supports=True, optional=True)]
        if sys.platform == "linux"
        else []
    )
    web = [
        Program(f"web-{number}", SERVE, socket=listening, lingers=LINGERS, walls=walls, forked=True)
        for number, listening in enumerate(sockets, start=1)
    ]
    worker = Program("worker-1", "tillit.site.worker", ("worker-1",), grace=25.0, walls=walls, forked=True)
    nightly = [Program("nightly", NIGHTLY, walls=walls)] if embedded else []
    # Makes load by the network: without walls. It asks for restarts, and measures them from the beginning to the end.
    restarts = Program("restarts", RESTARTS, grace=60.0, last=True)
    prober = Program("prober", PROBER, settle=1.0)  # asks from outside: no wall, and no way to the database
    return [*broker, *code, *web, worker, *nightly, prober, restarts]


def _host_of(listening: socket.socket) -> str:
    port = listening.getsockname()[1]
    return "localhost" if port == 80 else f"localhost:{port}"


def _welcome(data: Path, base_host: str, seconds: float) -> str:
    """The addresses, and the demo's sign-ins where the demo was loaded."""
    lines = [
        "",
        f"Tillit runs, {seconds:.0f} s after the start. Ctrl-C ends it.",
        "",
        f"  Trust centre   http://{base_host}/trust/",
        f"  Status         http://{base_host}/status/",
        f"  Its copy       {runtime.running(data).get('copy', '')}",
        f"  Sign in        http://{base_host}/sign-in/",
    ]
    people = _demo_people(data, base_host)
    if not people and not _has_staff(data):
        option = "" if data == runtime.data_folder() else f"--data {shlex.quote(str(data))} "
        lines += ["", "  Nobody works for the operator yet. Invite the first of its staff:"]
        lines += ["", f"  bin/tillit {option}operator EMAIL"]
    if people:
        lines += ["", "  Demo sign-ins (all people and companies are invented):", ""]
        rows = [
            (person["name"], person["role"], person["email"], person["password"], f"http://{person['host']}/sign-in/")
            for person in people
        ]
        widths = [max(len(row[column]) for row in rows) for column in range(4)]
        for row in rows:
            lines.append(
                "  " + "  ".join([cell.ljust(width) for cell, width in zip(row, widths, strict=False)] + [row[4]])
            )
        lines += ["", f"  Also in {data / 'demo.json'}, with API tokens."]
    return "\n".join(lines) + "\n"


def _has_staff(data: Path) -> bool:
    """Whether somebody works for the operator; True also when the database does not tell just now."""
    try:
        with psycopg.connect(runtime.load(data)["TILLIT_DSN"], connect_timeout=5) as database:
            operator = (
                "SELECT set_config('tillit.tenant', id::text, true) FROM foundation_tenant WHERE kind = 'operator'"
            )
            database.execute(operator)
            found = database.execute("SELECT 1 FROM foundation_membership WHERE ended_at IS NULL LIMIT 1")
            return found.fetchone() is not None
    except (psycopg.Error, KeyError):
        return True


def _demo_people(data: Path, base_host: str) -> list[dict[str, str]]:
    """The people of `demo.json`, which is brought to today's address: the port may be another than last time."""
    place = data / "demo.json"
    if not place.exists():
        return []
    demo = json.loads(place.read_text())
    before = urlsplit(demo["base_url"]).netloc
    if before != base_host:
        demo = json.loads(json.dumps(demo).replace(before, base_host))
        runtime.write(place, demo)
    people: list[dict[str, str]] = demo["people"]
    return people


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
