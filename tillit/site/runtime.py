"""What an installation knows about itself, in three files of its data folder.

- `secrets.json` (mode 0600): passwords of the database roles and Django's key, made once.
- `installation.json`: which database it uses and what has been prepared, so that the next start can skip it.
- `running.json`: process and address, there while Tillit runs.
"""

from __future__ import annotations

import json
import os
import secrets as randomness
import sys
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tillit.foundation import wholefile
from tillit.site.processes import alive

ROOT = Path(__file__).resolve().parents[2]
DATABASE = "tillit"
NO_HOST = set(",'\"\\\n")  # a folder with one of these cannot be told to libpq as a host
SOCKET_PATH_LIMIT = 107  # bytes, of the kernel's address structure
OWNER, APPLICATION = "tillit_owner", "tillit_app"
SECRET_NAMES = ("secret_key", "admin_password", "owner_password", "app_password")


def data_folder() -> Path:
    """`TILLIT_DATA`, or `var/` in the checkout."""
    return Path(os.environ.get("TILLIT_DATA") or ROOT / "var").absolute()


def python_of(root: Path) -> str:
    """The interpreter of the installation in `root`: this one, or that of its own environment."""
    return sys.executable if root == ROOT else str(root / ".venv" / "bin" / "python")


def secrets(data: Path) -> dict[str, str]:
    """The installation's secrets; made at the first call."""
    place = data / "secrets.json"
    known = _read(place)
    missing = [name for name in SECRET_NAMES if name not in known]
    if missing:
        known |= {name: randomness.token_urlsafe(32) for name in missing}
        write(place, known)
    return known


def installation(data: Path) -> dict[str, Any]:
    """What `installation.json` says; empty before the first start."""
    return _read(data / "installation.json")


def remember(data: Path, **facts: Any) -> None:
    """Add facts to `installation.json`; None forgets one."""
    known = installation(data) | facts
    write(data / "installation.json", {name: fact for name, fact in known.items() if fact is not None})


def running(data: Path) -> dict[str, Any]:
    """Process, address and start of the running Tillit; empty when none has been started or it ended in order."""
    return _read(data / "running.json")


def is_running(data: Path) -> bool:
    """Whether the process that `running.json` names is there."""
    return alive(int(running(data).get("pid", 0)))


def load(data: Path) -> dict[str, str]:
    """The `TILLIT_…` values under which the installation in `data` runs; empty when there is none."""
    facts = installation(data)
    if "database" not in facts or not (data / "secrets.json").exists():
        return {}
    known = secrets(data)
    return {
        "TILLIT_DATA": str(data),
        "TILLIT_DSN": with_role(facts["database"], APPLICATION, known["app_password"]),
        "TILLIT_SECRET_KEY": known["secret_key"],
        "TILLIT_BASE_HOST": facts.get("base_host", "localhost:8000"),
        "TILLIT_RELEASE": facts.get("release", ""),
        "TILLIT_STATUS_COPY_PAGE": facts.get("copy_page", ""),
    }


def owner_dsn(data: Path) -> str:
    """The URL of the role that owns the tables: for migrations and the loader of the demo only."""
    return with_role(installation(data)["database"], OWNER, secrets(data)["owner_password"])


def with_role(server: str, role: str, password: str) -> str:
    """`server` is a URL without a user: `postgresql:///DATABASE?host=…&port=…`."""
    return server.replace("://", f"://{role}:{quote(password, safe='')}@", 1)


def short_enough(place: Path) -> bool:
    """Whether a Unix socket can have this path."""
    return len(os.fsencode(place)) <= SOCKET_PATH_LIMIT


def private_folder(of: Path) -> Path:
    """A short folder of this user's own for the sockets that `of` is too long a path for."""
    mark = sha256(os.fsencode(of.absolute())).hexdigest()[:10]
    return Path(tempfile.gettempdir()) / f"tillit-{os.geteuid()}-{mark}"


def broker_socket(data: Path) -> Path:
    """Where the broker listens: in the data folder, or where its path is too long in a private folder elsewhere.

    Whoever makes the folder sees that it belongs to this user and is closed to others.
    """
    place = data.absolute() / "broker" / "socket"
    fits = short_enough(place.with_name(".s.PGSQL.5432.1234567"))  # the longest there: a database's, in the making
    return place if fits and not set(str(place)) & NO_HOST else private_folder(data) / "broker"


def environment() -> dict[str, str]:
    """The values of the installation in `TILLIT_DATA` or `var/`; empty when nothing is there."""
    return load(data_folder())


def write(place: Path, content: dict[str, Any]) -> None:
    """Replace a JSON file in one step, readable by its owner only."""
    wholefile.replace(place, json.dumps(content, indent=1).encode())


def _read(place: Path) -> dict[str, Any]:
    try:
        found = json.loads(place.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
