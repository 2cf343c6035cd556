"""`bin/tillit restart`: bring the tables to the present release, then replace process by process.

Possible at any time, because nobody notices it; outside its window it is recorded and published as one by hand.
Another release is more than a restart: where the plan brings releases in waves, it needs a reason, which is published.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psycopg

from tillit.site import runtime
from tillit.site.logs import Logs
from tillit.site.preparation import Preparation, child_environment, release
from tillit.site.problems import Problem
from tillit.site.progress import Progress
from tillit.site.runtime import ROOT

PATIENCE = 600.0  # seconds
LONGEST_REASON = 500
IN_WAVES = """
    SELECT EXISTS (SELECT FROM availability_maintenancerule WHERE job = 'upgrade' AND retired_at IS NULL)
       AND EXISTS (SELECT FROM foundation_tenant WHERE kind = 'customer' AND state <> 'deleted')
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--quiet", action="store_true", help="print errors only")
    parser.add_argument("--unmeasured", action="store_true", help="without load, and without a record of it")
    parser.add_argument("--because", default="", metavar="REASON", help="why another release cannot wait for its waves")


def run(options: argparse.Namespace) -> int:
    if not runtime.is_running(options.data):
        raise Problem(f"The Tillit in {options.data} does not run. Start it with bin/up.")
    because = options.because.strip()
    if not because.isprintable() or len(because) > LONGEST_REASON:
        raise Problem(f"The reason has to be one line of text, {LONGEST_REASON} letters at most.")
    _refuse_unannounced_release(options)
    progress = Progress(quiet=options.quiet, out=sys.stdout)
    preparation = Preparation(options.data, logs=Logs(options.data / "log"), progress=progress)
    preparation.tables()
    preparation.static_files()
    before = runtime.running(options.data)
    with progress.step("Replacing the processes"):
        said = "" if options.unmeasured else _measured(options.data, because)
        if because and not said:
            log = options.data / "log" / "restarts.log"
            raise Problem(f"The reason could not be published; see whether the restart took place. Details: {log}")
        if not said:  # what measures did not get so far; else asked again, all would begin anew
            before = runtime.running(options.data)
            os.kill(before["pid"], signal.SIGHUP)
        after = _outcome(options.data, before)
    if not after.get("restarted"):
        log = options.data / "log" / "supervisor.log"
        raise Problem(f"Not every process was replaced; the others serve on as they were. Details: {log}")
    runtime.remember(options.data, brought=release())
    progress.say(f"Every process is of release {release()} now.")
    if said:
        progress.say(said)
    return 0


def _refuse_unannounced_release(options: argparse.Namespace) -> None:
    known = runtime.installation(options.data)
    running, ours = known.get("brought", known.get("release")), release()
    if running in (None, ours) or not in_waves(runtime.load(options.data)["TILLIT_DSN"]):
        return
    if not options.because.strip():
        raise Problem(
            f"This is {ours}, another release than the one that runs ({running}), and the maintenance plan announces"
            " releases and brings them to customers wave by wave: bin/tillit release plan CHECKOUT. One that cannot"
            " wait needs a reason, which is published: bin/tillit restart --because REASON"
        )
    if options.unmeasured:
        raise Problem("A release that was not announced is published with its restart. Leave --unmeasured out.")


def in_waves(dsn: str) -> bool:
    """Whether releases come to customers in announced waves here. Asked in SQL: the tables may be those of before.

    Raises Problem while the database does not answer.
    """
    try:
        with psycopg.connect(dsn, connect_timeout=10) as connection:
            found = connection.execute(IN_WAVES).fetchone()
    except psycopg.errors.UndefinedTable:
        return False
    except psycopg.OperationalError as error:
        raise Problem(
            "The database does not answer, so nobody knows whether releases come in waves here: nothing was replaced."
            " The processes serve on. Try again when it answers; see log/postgres.log."
        ) from error
    return bool(found and found[0])


def _measured(data: Path, because: str) -> str:
    """Let the restart be made under load, recorded and published; one line about it, nothing where that fails."""
    module = [sys.executable, "-P", "-m", "tillit.site.restarting", "by-hand", because]
    log = data / "log" / "restarts.log"
    with log.open("ab") as errors:
        done = subprocess.run(
            module, env=child_environment(data), cwd=ROOT, stdout=subprocess.PIPE, stderr=errors, text=True, check=False
        )
    return done.stdout.strip()


def _outcome(data: Path, before: dict[str, Any]) -> dict[str, Any]:
    """What `running.json` says once the supervisor has counted one restart more."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        after = runtime.running(data)
        if after.get("restarts") != before.get("restarts"):
            return after
        time.sleep(0.1)
    return {}
