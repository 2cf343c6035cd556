"""`bin/tillit release`: a release in waves, beside the one that runs, and back."""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

from tillit.site import rollout, runtime
from tillit.site.candidate import candidate, prepare
from tillit.site.preparation import release
from tillit.site.problems import Problem
from tillit.site.progress import Progress
from tillit.site.rollout import Order, Routes

PATIENCE = 300.0  # seconds


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    start = verbs.add_parser("start", help="let a wave run on the release of another checkout")
    start.add_argument("checkout", type=Path, help="where the new release lies, with its environment made")
    start.add_argument("--wave", required=True, help="the wave that is next")
    verbs.add_parser("back", help="everything on the release before, without a failed request")
    verbs.add_parser("state", help="which wave runs on which release").add_argument("--json", action="store_true")


def run(options: argparse.Namespace) -> int:
    return {"start": _start, "back": _back, "state": _state}[options.verb](options)


def _start(options: argparse.Namespace) -> int:
    _running(options.data)
    root = candidate(options.checkout)
    progress = Progress(out=sys.stdout)
    prepare(options.data, root, progress)
    before = rollout.order(options.data)
    waves = tuple(sorted({*before.waves, options.wave}))
    wanted = replace(before, root=str(root), release=release(root), waves=waves)
    with progress.step(f"Bringing wave {options.wave} to {release(root)}"):
        _settled(options.data, wanted)
    return 0


def _back(options: argparse.Namespace) -> int:
    _running(options.data)
    before = rollout.order(options.data)
    with Progress(out=sys.stdout).step("Going back"):
        _settled(options.data, Order(before=before.before))
    return 0


def _state(options: argparse.Namespace) -> int:
    held = rollout.routes(options.data)
    told = {"main": runtime.installation(options.data).get("release", ""), **asdict(held)}
    if options.json:
        sys.stdout.write(json.dumps(told, indent=1) + "\n")
        return 0
    sys.stdout.write(f"Main release  {told['main']}\n")
    for wave in held.waves or {}:
        sys.stdout.write(f"Wave {wave.upper()}        {held.release}\n")
    return 0


def _running(data: Path) -> None:
    if not runtime.is_running(data):
        raise Problem(f"The Tillit in {data} does not run. Start it with bin/up.")


def _settled(data: Path, wanted: Order) -> Routes:
    """Give the order and wait until the supervisor has carried it out. Raises Problem when it could not."""
    number = rollout.give(data, wanted).number
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        held = rollout.routes(data)
        if held.number == number and held.settled:
            if held.problem:
                raise Problem(held.problem)
            return held
        time.sleep(0.1)
    raise Problem(f"It takes longer than usual. Details: {data / 'log' / 'supervisor.log'}")
