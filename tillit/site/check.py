"""`bin/check`: every check as a named step with its time; the same on a laptop and in CI.

All steps run, also after a failure; the exit status is 1 if any failed.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time

from tillit.site.runtime import ROOT

PYTHON = [sys.executable, "-P", "-m"]
SCRIPTS = ROOT / ".venv" / "bin"
STEPS: dict[str, list[str]] = {
    "format": [*PYTHON, "ruff", "format", "--check", "."],
    "lint": [*PYTHON, "ruff", "check", "."],
    "types": [*PYTHON, "mypy", "tillit"],
    "import contracts": [str(SCRIPTS / "lint-imports")],
    "missing migrations": [sys.executable, "manage.py", "makemigrations", "--check", "--dry-run"],
    "expand, then contract": [*PYTHON, "tillit.site.expanding"],
    "house inspection": [*PYTHON, "pytest", "tests/house"],
    "duplicates": [
        *PYTHON,
        "pylint",
        "--disable=all",
        "--enable=duplicate-code",
        "--min-similarity-lines=10",
        "--ignore=tests,migrations",
        "--score=no",
        "tillit",
    ],
}
TESTS = [*PYTHON, "tillit.site.suite"]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="bin/check", description="Run every check.")
    parser.add_argument("--no-tests", action="store_true", help="leave the tests out")
    parser.add_argument("--quiet", action="store_true", help="print failures only")
    parser.add_argument("steps", nargs="*", metavar="STEP", help=f"only these: {', '.join([*STEPS, 'tests'])}")
    options = parser.parse_args(arguments)
    wanted = options.steps or [*STEPS, *([] if options.no_tests else ["tests"])]
    unknown = [name for name in wanted if name not in (*STEPS, "tests")]
    if unknown:
        parser.error(f"there is no step named {unknown[0]!r}")
    failed = [name for name in wanted if not _passes(name, options.quiet)]
    if failed:
        sys.stdout.write(f"Failed: {', '.join(failed)}\n")
    return 1 if failed else 0


def _passes(name: str, quiet: bool) -> bool:
    began = time.monotonic()
    shown = name == "tests"  # long: its output is worth seeing while it runs
    pipe = None if shown else subprocess.PIPE
    command = TESTS if shown else STEPS[name]
    done = subprocess.run(command, cwd=ROOT, check=False, stdout=pipe, stderr=subprocess.STDOUT, text=True)
    passed = done.returncode == 0
    if not passed:
        sys.stdout.write(done.stdout or "")
    if not (quiet and passed):
        word = "ok    " if passed else "FAILED"
        sys.stdout.write(f"{word}  {name.ljust(20)} {time.monotonic() - began:6.1f} s\n")
    sys.stdout.flush()
    return passed


if __name__ == "__main__":
    sys.exit(main())
