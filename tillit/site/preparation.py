"""What stands between a data folder and a serving Tillit: database, tables, static files, demo.

Every step leaves a stamp in `installation.json`, so that the next start skips what is done.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tillit.site import runtime
from tillit.site.logs import Logs
from tillit.site.postgres import PORT, Cluster
from tillit.site.problems import Problem, explain
from tillit.site.progress import Progress
from tillit.site.provision import drop_database, provision
from tillit.site.rollout import static_folder
from tillit.site.runtime import ROOT, python_of

EMBEDDED = "postgres"  # folder of the embedded server inside the data folder
EVERYBODYS = ("postgres", "template1", "defaultdb")  # databases of a server that are not meant to be filled
OURS = (
    "TILLIT_DATABASE_URL",
    "PGPASSWORD",  # the administrator's, where the URL names none
    "PGPASSFILE",
    "TILLIT_OWNER_DSN",
    "TILLIT_LEASH_FD",
    "TILLIT_READY_FD",
    "TILLIT_LISTEN_FD",
    "TILLIT_ORDERS_FD",
)
OF_THE_NETWORK = ("host", "port", "ssl", "channel_binding", "gss", "krb", "keepalives", "tcp_", "load_balance")
CODE = ("*.py", "*.sql", "*.toml")


class Preparation:
    """The steps, for one data folder."""

    def __init__(self, data: Path, *, logs: Logs, progress: Progress, root: Path = ROOT) -> None:
        self.data = data
        self.root = root  # the installation whose commands are run
        self.logs = logs
        self.progress = progress
        url = os.environ.get("TILLIT_DATABASE_URL", "")
        remembered = runtime.installation(data).get("external", False)
        embedded = data / EMBEDDED
        if url and embedded.exists():
            raise Problem(f"{data} holds an embedded database. For TILLIT_DATABASE_URL name another folder: --data")
        self.url = url
        self.cluster = None if url or remembered else Cluster(embedded)

    def database(self) -> None:
        """Start the embedded server, or reach the one named, with roles, database and extensions."""
        if self.cluster is not None:
            with self.progress.step("Starting the database"):
                self.cluster.start()
            runtime.remember(self.data, database=self.cluster.server(runtime.DATABASE))
        elif self.url:
            runtime.remember(self.data, database=server_of(self.url), external=True)
        if self.cluster is not None or self.url:
            self._provision()

    def broker_folder(self) -> None:
        """A folder for the broker's socket that is this user's own; where paths are long, it lies among others'."""
        place = runtime.broker_socket(self.data).parent
        place.mkdir(mode=0o700, exist_ok=True)
        if place.is_symlink() or place.stat().st_uid != os.geteuid():
            raise Problem(f"{place} belongs to another user; the broker's socket is to lie there.")

    def tables(self) -> None:
        """Bring the tables to this release, unless nothing changed since the last time."""
        key = _fingerprint([ROOT / "requirements" / "run.txt", *_files("tillit", CODE)])
        if runtime.installation(self.data).get("prepared") != key:
            self.manage("prepare", name="Preparing the tables", owner=True)
            runtime.remember(self.data, prepared=key)

    def static_files(self) -> None:
        """Gather style sheets, scripts and pictures, unless none changed."""
        files = [path for folder in (ROOT / "tillit").glob("**/static") for path in folder.rglob("*")]
        key = _fingerprint([ROOT / "requirements" / "run.txt", *files])
        if runtime.installation(self.data).get("static") != key or not (self.data / "static").is_dir():
            self.manage("collectstatic", "--noinput", name="Gathering style sheets and scripts")
            runtime.remember(self.data, static=key)

    def demo(self, *, wanted: bool) -> None:
        """Load the demo on the first run; one that was interrupted begins again from an empty database."""
        state = runtime.installation(self.data).get("demo")
        if state not in (None, "loading") or not any((ROOT / "tillit").glob("*/management/commands/demo.py")):
            return
        if not wanted:
            runtime.remember(self.data, demo="declined")
            return
        if state == "loading":
            self.progress.say("The demo was interrupted; it is loaded again from the start.")
            self._begin_again()
        runtime.remember(self.data, demo="loading")
        self.manage("demo", name="Loading the demo (once)", owner=True)
        runtime.remember(self.data, demo="loaded")

    def manage(self, *command: str, name: str, owner: bool = False) -> None:
        """Run a Django command; its output goes to `log/NAME.log`, its last line beside the progress."""
        module = [python_of(self.root), "-P", "-m", "tillit.site.leash", "django", *command]
        held, leash = os.pipe()
        values = child_environment(self.data, root=self.root) | {"TILLIT_LEASH_FD": str(held), "PYTHONUNBUFFERED": "1"}
        values["TILLIT_STATIC"] = str(static_folder(self.data, self.root))
        if owner:
            values["TILLIT_OWNER_DSN"] = runtime.owner_dsn(self.data)
        with self.progress.step(name), self.logs.open(command[0]) as log:
            process = subprocess.Popen(
                module,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=values,
                cwd=self.root,
                pass_fds=(held,),
                process_group=0,
            )
            os.close(held)
            last = b""
            try:
                for line in process.stdout or ():
                    log.write(line)
                    last = line if line.strip() else last
                    self.progress.detail = line.decode(errors="replace").strip()[:60]
            finally:
                os.close(leash)  # an interruption here ends it
                process.wait()
        if process.returncode:
            place = self.logs.place(command[0])
            said = last.decode(errors="replace").strip()
            sentence = explain(said, str(self.data)) or f"{name} failed: {said}"
            raise Problem(f"{sentence} Details: {place}")

    def _provision(self) -> None:
        known = runtime.secrets(self.data)
        new = provision(
            self._admin(), self._name(), owner_password=known["owner_password"], app_password=known["app_password"]
        )
        if new:
            runtime.remember(self.data, prepared=None, ours=True)
            if runtime.installation(self.data).get("demo") == "loaded":
                runtime.remember(self.data, demo=None)

    def _begin_again(self) -> None:
        facts = runtime.installation(self.data)
        if not facts.get("ours") or not (self.cluster is not None or self.url):
            raise Problem("The demo was interrupted. Remove the database, or start with an empty --data folder.")
        drop_database(self._admin(), self._name())
        self._provision()
        self.tables()

    def administrator(self) -> str:
        """The superuser's URL of Tillit's own database."""
        return self.cluster.admin_dsn(self._name()) if self.cluster else make_conninfo(self.url, dbname=self._name())

    def _admin(self) -> str:
        return self.cluster.admin_dsn() if self.cluster is not None else self.url

    def _name(self) -> str:
        return runtime.DATABASE if self.cluster is not None else _database_of(self.url)


def server_of(url: str) -> str:
    """The URL of Tillit's database on the server of `url`, without the administrator's name and password.

    It always names the host, so that the way there is known. Raises Problem when it is hidden elsewhere.
    """
    known: dict[str, Any] = dict(conninfo_to_dict(url))
    rest = {key: value for key, value in known.items() if key not in ("user", "password", "dbname")}
    for name in ("service", "hostaddr"):
        if rest.get(name) or os.environ.get(f"PG{name.upper()}"):
            raise Problem(f"The database server is named by {name}. Name it in TILLIT_DATABASE_URL by host and port.")
    said = {"host": os.environ.get("PGHOST"), "port": os.environ.get("PGPORT")}
    rest = {key: value for key, value in said.items() if value} | rest
    return f"postgresql:///{_database_of(url)}?{urlencode(rest)}"


def by_the_broker(url: str, folder: Path) -> str:
    """The same database for those without network: where it is reached by TCP, by the broker's socket in `folder`.

    What the URL says of the network and of encryption is between the broker and the server then.
    """
    known = conninfo_to_dict(url)
    hosts = str(known.get("host") or "/").split(",")
    if all(host.startswith(("/", "@")) for host in hosts):
        return url
    kept = {key: value for key, value in known.items() if not key.startswith(OF_THE_NETWORK)}
    user, password = (quote(str(kept.pop(key, "")), safe="") for key in ("user", "password"))
    rest = kept | {"host": str(folder), "port": PORT}
    return f"postgresql://{user}:{password}@/{rest.pop('dbname')}?{urlencode(rest)}"


def child_environment(data: Path, *, confined: bool = False, root: Path = ROOT) -> dict[str, str]:
    """What every process of the installation gets: nothing of ours that is meant for one process only."""
    kept = {key: value for key, value in os.environ.items() if key not in OURS}
    known = runtime.load(data)
    if confined and known:
        known["TILLIT_DSN"] = by_the_broker(known["TILLIT_DSN"], runtime.broker_socket(data).parent)
    return kept | known | {"DJANGO_SETTINGS_MODULE": "tillit.site.settings", "PYTHONPATH": str(root)}


def release(root: Path = ROOT) -> str:
    """Version, and commit where there is one: `0.1.0+3f2a1bc`."""
    version = tomllib.loads((root / "pyproject.toml").read_text())["project"]["version"]
    try:
        head = (root / ".git" / "HEAD").read_text().strip()
        name = head.removeprefix("ref: ")
        commit = head if name == head else (root / ".git" / name).read_text().strip()
    except OSError:
        return version
    return f"{version}+{commit[:7]}"


def _database_of(url: str) -> str:
    asked: Any = conninfo_to_dict(url).get("dbname")
    return asked if asked and asked not in EVERYBODYS else runtime.DATABASE


def _files(folder: str, patterns: Iterable[str]) -> list[Path]:
    found = (path for pattern in patterns for path in (ROOT / folder).rglob(pattern))
    return [path for path in found if "tests" not in path.parts]


def _fingerprint(files: Iterable[Path]) -> str:
    """Changes when one of the files is added, removed or written."""
    known = hashlib.sha256()
    for path in sorted(files):
        found = path.stat()
        known.update(f"{path.relative_to(ROOT)}\0{found.st_size}\0{found.st_mtime_ns}\n".encode())
    return known.hexdigest()
