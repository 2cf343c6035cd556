"""A data folder as the first start leaves it, made once and copied: tests begin there.

python -m tillit.site.tests.furnished FOLDER     makes one. A test that proves the first start begins with nothing.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tillit.site.logs import Logs
from tillit.site.postgres import Cluster
from tillit.site.preparation import EMBEDDED, Preparation
from tillit.site.progress import Progress
from tillit.site.runtime import ROOT

KEPT = ROOT / "build" / "furnished"
OF_DATABASE = (EMBEDDED, "secrets.json")
WHOLE = (*OF_DATABASE, "installation.json", "static")
MAKE_IT = ("*/migrations/*.py", "*.sql", "foundation/database.py", "site/provision.py", "site/postgres*")


def furnish(data: Path, what: tuple[str, ...] = WHOLE) -> Path:
    """Put a copy of what a first start makes into `data`; returns `data`.

    It is only a head start: whoever starts there prepares the tables and gathers the files anew if they changed since.
    """
    data.mkdir(parents=True, exist_ok=True)
    KEPT.mkdir(parents=True, exist_ok=True)
    with (KEPT / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the test processes begin at the same time, and one of them makes it
        place = KEPT / _key()
        if not place.exists():
            _make(place)
        for name in what:
            subprocess.run(["cp", "-a", place / name, data / name], check=True)  # with its owner, who is not root
    return data


def _key() -> str:
    """Changes with what makes the tables."""
    known = hashlib.sha256()
    files = {path for pattern in MAKE_IT for path in (ROOT / "tillit").rglob(pattern)}
    for path in [ROOT / "requirements" / "run.txt", *sorted(files)]:
        known.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return known.hexdigest()[:16]


def _make(place: Path) -> None:
    """In a process of its own, which has the settings of an installation; older ones go."""
    for older in KEPT.iterdir():
        if older.is_dir():
            shutil.rmtree(older)
    draft = place.with_suffix(".new")
    values = {key: value for key, value in os.environ.items() if not key.startswith(("TILLIT_", "DJANGO_"))}
    command = [sys.executable, "-P", "-m", "tillit.site.tests.furnished", str(draft)]
    subprocess.run(command, check=True, env=values | {"PYTHONPATH": str(ROOT)})
    draft.rename(place)


def main(data: Path) -> None:
    data.mkdir(mode=0o755)
    preparation = Preparation(data, logs=Logs(data / "log"), progress=Progress(quiet=True))
    preparation.cluster = Cluster(data / EMBEDDED, durable=False)
    try:
        preparation.database()
        preparation.tables()
        preparation.static_files()
    finally:
        preparation.cluster.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
