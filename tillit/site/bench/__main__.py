"""Start a Tillit of its own, let `inside` measure it, clean up. Prints a table, writes JSON."""

from __future__ import annotations

import importlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from tillit.site.bench import options as asked
from tillit.site.bench import serving
from tillit.site.preparation import child_environment
from tillit.site.problems import Problem, complain, from_os
from tillit.site.progress import Progress

LONGEST = 2 * 3600.0  # seconds; then it is ended, finished or not


def main(arguments: list[str] | None = None) -> int:
    asked_for = sys.argv[1:] if arguments is None else arguments
    if asked_for[:1] == ["broker"]:
        return importlib.import_module("tillit.site.bench.egress").main(asked_for[1:])  # loads the rooms
    if asked_for[:1] == ["restart"]:
        return importlib.import_module("tillit.site.bench.restart").main(asked_for[1:])
    options = asked.parse(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    os.environ.pop("TILLIT_DATABASE_URL", None)  # always a database of its own
    try:
        serving.settle_in(options.data, options.persons)
        try:
            status = _measure(options.data, options.port, asked_for)
        finally:
            if not options.keep:
                serving.empty(options.data)
        if options.json and status in (0, 2):
            shutil.copyfile(options.data / serving.RESULT, options.json)
    except Problem as problem:
        complain(problem)
        return 1
    except OSError as error:
        complain(from_os(error, str(options.data)))
        return 1
    except KeyboardInterrupt:
        complain("Stopped; nothing was measured to its end.")
        return 130
    return status


def _measure(data: Path, port: int, arguments: list[str]) -> int:
    with serving.running(data, port, Progress(out=sys.stderr)):
        values = child_environment(data)
        with serving.leashed(
            "tillit.site.bench.within", "tillit.site.bench.inside", *arguments, environment=values
        ) as process:
            return _patiently(process)


def _patiently(process: subprocess.Popen[bytes]) -> int:
    deadline = time.monotonic() + LONGEST
    while process.poll() is None:
        if time.monotonic() > deadline:
            raise Problem(f"Measuring took more than {LONGEST / 3600:.0f} hours and was ended.")
        time.sleep(0.2)
    if process.returncode < 0:
        raise Problem(f"The measuring process was ended by signal {-process.returncode}.")
    return process.returncode


if __name__ == "__main__":
    sys.exit(main())
