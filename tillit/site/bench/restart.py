"""`bin/bench restart`: what people notice of a restart, beside stopping and starting, under the same load in one run.

The aims: no request fails that was repeated once, nobody waits a second, nobody is signed out, no form is lost.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sys
from pathlib import Path
from typing import Any

from tillit.site.bench import serving
from tillit.site.bench.tables import table
from tillit.site.preparation import child_environment
from tillit.site.problems import Problem, complain, from_os
from tillit.site.progress import Progress
from tillit.site.runtime import ROOT

LONGEST = 1.0  # seconds anybody may wait
SHARE = 0.6  # of what the machine answers in a closed loop: a server that is busy all the time has a queue all the time
WAYS = {"rolling": "bin/tillit restart", "stopping": "stop, then start"}
CLIENT = " for each request took the client, which runs on the same cores."
INSIDE = "tillit.site.bench.restart_inside"
HEADS = (
    "", "sent", "per s", "failed", "retried", "median", "p99", "longest", "signed out", "forms", "lost", "restarts",
)  # fmt: skip


def main(arguments: list[str]) -> int:
    asked = parse(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    os.environ.pop("TILLIT_DATABASE_URL", None)  # always a database of its own
    try:
        serving.settle_in(asked.data, asked.persons)
        try:
            status = _measure(asked, arguments)
        finally:
            if not asked.keep:
                serving.empty(asked.data)
        if status == 0:
            return _tell(asked)
    except Problem as problem:
        complain(problem)
        return 1
    except OSError as error:
        complain(from_os(error, str(asked.data)))
        return 1
    except KeyboardInterrupt:
        complain("Stopped; nothing was measured to its end.")
        return 130
    return status


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    asked = _parser().parse_args(arguments)
    asked.data = asked.data.absolute()
    return asked


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bin/bench restart", description="Measure what people notice of a restart.")
    parser.add_argument("--rate", type=float, default=200.0, help="requests a second, less where it cannot be (200)")
    parser.add_argument("--share", type=float, default=SHARE, help=f"at most of what the machine can do ({SHARE:g})")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long, for each of the two ways (60)")
    parser.add_argument("--restarts", type=int, default=3, help="how many meanwhile (3)")
    parser.add_argument("--forms", type=int, default=5, help="half-typed forms at each restart (5)")
    parser.add_argument("--persons", type=int, default=5_000, help="so many persons in the tenant (5,000)")
    parser.add_argument("--only", choices=tuple(WAYS), help="one of the two ways")
    parser.add_argument("--data", type=Path, default=ROOT / "var" / "bench", help="data folder (var/bench)")
    parser.add_argument("--keep", action="store_true", help="leave the data there")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    parser.add_argument("--port", type=int, default=0, help="port of the measured Tillit (a free one)")
    parser.add_argument("--strict", action="store_true", help="exit status 2 when an aim is missed")
    return parser


def _measure(asked: argparse.Namespace, arguments: list[str]) -> int:
    with (
        serving.running(asked.data, asked.port, Progress(out=sys.stderr)),
        serving.leashed(
            "tillit.site.bench.within", INSIDE, *arguments, environment=child_environment(asked.data)
        ) as process,
    ):
        return process.wait()


def _tell(asked: argparse.Namespace) -> int:
    found = json.loads((asked.data / serving.RESULT).read_text())
    sys.stdout.write(as_text(found))
    if asked.json:
        shutil.copyfile(asked.data / serving.RESULT, asked.json)
    return 2 if asked.strict and not all(kept for _aim, kept in aims(found["rolling"])) else 0


def aims(row: dict[str, Any]) -> list[tuple[str, bool]]:
    """What a restart has to keep, and whether this one did."""
    return [
        ("failed after one retry: 0", row["failed"] == 0),
        (f"longest wait < {LONGEST:g} s", row["longest"] < LONGEST),
        ("signed out: 0", row["signed_out"] == 0),
        ("lost forms: 0", row["lost_forms"] == 0),
    ]


def as_text(found: dict[str, Any]) -> str:
    machine = found["machine"]
    rows = [(name, found[way]) for way, name in WAYS.items() if way in found]
    parts = [
        f"{machine['cores']} cores ({machine['processor']}), {machine['system']}, {found['persons']:,} persons;"
        f" a third each pages of a session, reads and writes of the API; half of them on new connections.",
        f"Asked for {found['asked_rate']:g} requests a second, offered {found['rate']:g}"
        f" (in a closed loop the machine answered {found['capacity']:.0f} a second);"
        f" {found['seconds']:g} s with {found['restarts']} restarts. Waits count from when a request was due.",
        table(HEADS, [_cells(name, row) for name, row in rows]),
    ]
    if "rolling" in found:
        offered = (f"{found['asked_rate']:g} requests a second", found["rate"] >= found["asked_rate"])
        kept_aims = [offered, *aims(found["rolling"])]
        parts.append("\n".join(f"{aim}: {'met' if kept else 'MISSED'}" for aim, kept in kept_aims))
    parts.append("; ".join(f"{name}: {row['client_cpu'] * 1000:.1f} ms of a core" for name, row in rows) + CLIENT)
    faults = [f"{name}: {row['faults']}" for name, row in rows if row["faults"]]
    before, after = machine["before"], machine["after"]
    parts += ["\n".join(faults), f"The machine: load {before['load']} before, {after['load']} after."]
    return "\n\n".join(part for part in parts if part) + "\n"


def _cells(name: str, row: dict[str, Any]) -> tuple[str, ...]:
    return (
        name,
        f"{row['sent']:,}",
        f"{row['rate']:.0f}",
        f"{row['failed']:,}",
        f"{row['retried']:,}",
        f"{row['median'] * 1000:.0f} ms",
        f"{row['p99'] * 1000:.0f} ms",
        f"{row['longest']:.2f} s",
        str(row["signed_out"]),
        str(row["forms"]),
        str(row["lost_forms"]),
        " ".join(f"{seconds:.0f} s" for seconds in row["restarts"]),
    )
