"""Another checkout, about to run beside this one: whether it can, and what has to be prepared for it."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tillit.site.logs import Logs
from tillit.site.preparation import Preparation, child_environment, release
from tillit.site.problems import Problem
from tillit.site.progress import Progress
from tillit.site.runtime import ROOT, python_of


def candidate(place: Path) -> Path:
    """The checkout in `place`. Raises Problem where there is none, or it cannot run yet."""
    root = place.absolute()
    if not (root / "tillit" / "site" / "serve.py").exists():
        raise Problem(f"{root} is no checkout of Tillit.")
    if root != ROOT and not Path(python_of(root)).exists():
        raise Problem(f"{root} has no environment yet. Make it with: {root / 'bin' / 'up'} --help")
    if root != ROOT and release(root) == release():
        raise Problem(f"{root} is the release that runs: {release()}.")
    return root


def accept(data: Path, root: Path, older: Path) -> str:
    """Whether the release in `older` can live with the candidate's migrations; the warnings, if any.

    Raises Problem with a sentence for each that it cannot live with. Asked of the candidate, which knows them.
    """
    command = [python_of(root), "-P", "-m", "tillit.site.expanding", "--older", str(older)]
    done = subprocess.run(command, env=child_environment(data, root=root), cwd=root, capture_output=True, text=True)
    if done.returncode:
        said = done.stdout or done.stderr[-500:]
        raise Problem(f"The release that runs could not live with this one's tables.\n{said.strip()}")
    return done.stdout


def prepare(data: Path, root: Path, progress: Progress) -> None:
    """Words, tables and style sheets of the checkout; its tables are ones this release accepts, or it was refused."""
    with progress.step("Compiling translations"):
        command = [python_of(root), "-P", "-m", "tillit.site.messages"]
        subprocess.run(command, env=child_environment(data, root=root), cwd=root, check=True, capture_output=True)
    preparation = Preparation(data, logs=Logs(data / "log"), progress=progress, root=root)
    preparation.manage("prepare", name="Preparing the tables", owner=True)
    preparation.manage("collectstatic", "--noinput", name="Gathering style sheets and scripts")
