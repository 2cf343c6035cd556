"""`bin/test`: make sure there is a browser, then run every test on both cores. Arguments go to pytest."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import NoReturn

from tillit.site.problems import Problem, complain
from tillit.site.progress import Progress
from tillit.site.runtime import ROOT

BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
DRIVERS = ("chromedriver", "chromium.chromedriver")
PACKAGES = ("chromium", "chromium-driver")
INSTALL = f"apt-get install -y --no-install-recommends {' '.join(PACKAGES)}"


def main(arguments: list[str]) -> NoReturn:
    """Become pytest; or end with status 1 when there is no browser where there has to be one."""
    try:
        arguments = [*_selection(arguments), *arguments]
    except Problem as problem:
        complain(problem)
        sys.exit(1)
    os.chdir(ROOT)
    command = [sys.executable, "-P", "-m", "pytest", "-n", "2", *arguments]
    os.execv(sys.executable, command)  # noqa: S606 - the same process goes on


def _selection(arguments: list[str]) -> list[str]:
    """Pytest's options for leaving out the browser walks: none, unless there is no browser on this machine."""
    browser = ensure_browser()
    if browser:
        os.environ.setdefault("TILLIT_CHROMIUM", browser)
        return []
    missing = f"Chromium and its driver are missing. As root: {INSTALL}"
    if os.environ.get("CI", "").lower() in ("1", "true", "yes"):
        raise Problem(missing)
    complain(f"{missing}\nThe browser walks are LEFT OUT of this run.")
    return [] if "-m" in arguments else ["-m", "not browser"]


def ensure_browser() -> str:
    """The path of Chromium, installed from the system's packages where this user may; empty if there is none."""
    if not _found() and os.geteuid() == 0 and shutil.which("apt-get"):
        values = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        with Progress().step("Installing Chromium for the browser walks"):
            for command in ("apt-get update", INSTALL):
                subprocess.run(command.split(), env=values, check=False, capture_output=True)
    return _found()


def _found() -> str:
    browser = next(filter(None, map(shutil.which, BROWSERS)), "")
    driver = next(filter(None, map(shutil.which, DRIVERS)), "")
    return browser if driver else ""


if __name__ == "__main__":
    main(sys.argv[1:])
