"""`bin/tillit restart`: bring the tables to the present release, then replace process by process."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from tillit.site import runtime
from tillit.site.logs import Logs
from tillit.site.preparation import Preparation
from tillit.site.problems import Problem
from tillit.site.progress import Progress

PATIENCE = 300.0  # seconds


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--quiet", action="store_true", help="print errors only")


def run(options: argparse.Namespace) -> int:
    if not runtime.is_running(options.data):
        raise Problem(f"The Tillit in {options.data} does not run. Start it with bin/up.")
    progress = Progress(quiet=options.quiet, out=sys.stdout)
    preparation = Preparation(options.data, logs=Logs(options.data / "log"), progress=progress)
    preparation.tables()
    preparation.static_files()
    before = runtime.running(options.data)
    os.kill(before["pid"], signal.SIGHUP)
    with progress.step("Replacing the processes"):
        after = _outcome(options.data, before)
    if not after.get("restarted"):
        log = options.data / "log" / "supervisor.log"
        raise Problem(f"The new processes do not start; the old ones serve on. Details: {log}")
    progress.say(f"Every process is of release {runtime.installation(options.data)['release']} now.")
    return 0


def _outcome(data: Path, before: dict[str, Any]) -> dict[str, Any]:
    """What `running.json` says once the supervisor has counted one restart more."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        after = runtime.running(data)
        if after.get("restarts") != before.get("restarts"):
            return after
        time.sleep(0.1)
    return {}
