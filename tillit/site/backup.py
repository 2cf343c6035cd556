"""A backup that was restored before it counts: dump, restore into a database of its own, compare every row, drop it.

`backups/` in the data folder holds, per backup, `backup-<UTC time>.dump` (pg_dump, custom format), `.files.tar` (the
customers' files and the sealed agreements) and `.json` (what was compared). `secrets.json` and `keys/` are not in it:
without them nobody signs in to what is restored and the trust log does not go on, so they are kept apart.

Row-level security binds the tables' owner too, so this is the superuser's work, and no worker's. What is compared: the
number of rows and a sum over the hash of every row of every table, read in the snapshot that was dumped; and SHA-256 of
every file, against what the restored database says of it; none of which it speaks may be missing.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import subprocess
import tarfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tillit.site import runtime
from tillit.site.postgres import packaged_binaries
from tillit.site.problems import Problem

FOLDER = "backups"
PACKED = ("files", "agreements", "samples")  # folders of the data folder
KNOWN_FILES = """
    SELECT 'files/' || key, sha256 FROM foundation_storedfile
    UNION SELECT 'agreements/' || left(sha256, 2) || '/' || sha256 || '.pdf', sha256 FROM agreements_sealeddocument"""
MOMENT = "%Y%m%dT%H%M%SZ"
DRILL = "tillit_drill_"  # how the databases are called that exist while a backup is tried
LONGEST = 4 * 3600  # seconds for a tool
TABLES = """
    SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' ORDER BY 1"""
Connection = psycopg.Connection[tuple[Any, ...]]
Marks = dict[str, tuple[int, str]]  # table to the number of its rows and the sum of their hashes


class Failed(Problem):
    """A backup that cannot be relied on; `step` is dump, restore, compare or files."""

    def __init__(self, step: str, reason: str) -> None:
        super().__init__(f"The backup failed at the step «{step}»: {reason}")
        self.step = step


def back_up(data: Path, admin_dsn: str, *, say: Callable[[str], None] = lambda _line: None) -> dict[str, Any]:
    """Make a backup of the database of `admin_dsn` (a superuser's URL) and of the files in `data`, and try it.

    Returns what its `.json` says. Raises Failed; the `.json` then says so, and no dump is left that looks complete.
    """
    folder = data / FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    began, started = datetime.now(UTC), time.monotonic()
    name = f"backup-{began:{MOMENT}}"
    proof: dict[str, Any] = {"at": began.isoformat(timespec="seconds"), "ok": False, "step": "dump"}
    dump, archive = folder / f"{name}.dump.part", folder / f"{name}.files.tar.part"
    try:
        _clear(folder, admin_dsn)
        say("Dumping")
        marks = _dump(admin_dsn, dump)
        files = _pack(data, archive)
        say("Restoring into a database of its own")
        with _drill(admin_dsn) as elsewhere:
            _tool("restore", "pg_restore", "--exit-on-error", "--single-transaction", str(dump), dsn=elsewhere)
            say("Comparing")
            _compare(elsewhere, marks)
            _compare_files(elsewhere, admin_dsn, archive)
        rows = sum(count for count, _sum in marks.values())
        proof |= {"ok": True, "step": "", "tables": len(marks), "rows": rows, "files": files}
        proof |= {
            "bytes": dump.stat().st_size,
            "sha256": _digest(dump),
            "seconds": round(time.monotonic() - started, 1),
        }
        dump.rename(folder / f"{name}.dump")
        archive.rename(folder / f"{name}.files.tar")
    except (Failed, psycopg.Error, OSError) as error:
        proof["step"] = error.step if isinstance(error, Failed) else proof["step"]
        dump.unlink(missing_ok=True)
        archive.unlink(missing_ok=True)
        raise error if isinstance(error, Failed) else Failed(proof["step"], str(error).splitlines()[0]) from error
    finally:
        runtime.write(folder / f"{name}.json", proof)
    return proof


def newest(data: Path) -> dict[str, Any]:
    """What the last backup says of itself, `{}` before the first: `at`, `ok`, `step`, `tables`, `rows`, ..."""
    for place in sorted((data / FOLDER).glob("backup-*.json"), reverse=True):
        with suppress(OSError, ValueError):
            return dict(json.loads(place.read_text()))
    return {}


def _dump(dsn: str, place: Path) -> Marks:
    """Dump one snapshot, and read the marks of its tables in the same one."""
    with psycopg.connect(dsn) as database:
        database.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        database.read_only = True
        exported = database.execute("SELECT pg_export_snapshot()").fetchone()
        snapshot = str(exported[0]) if exported else ""
        place.touch(mode=0o600)
        _tool("dump", "pg_dump", "--format=custom", f"--snapshot={snapshot}", f"--file={place}", dsn=dsn)
        return _marks(database)


def _marks(database: Connection) -> Marks:
    one = sql.SQL("SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)::text FROM public.{} AS t")
    found: Marks = {}
    for (table,) in database.execute(TABLES).fetchall():
        row = database.execute(one.format(sql.Identifier(table))).fetchone()
        if row is not None:
            found[table] = (row[0], row[1])
    return found


def _compare(dsn: str, expected: Marks) -> None:
    with psycopg.connect(dsn) as database:
        found = _marks(database)
    differing = sorted(table for table in expected.keys() | found.keys() if expected.get(table) != found.get(table))
    if differing:
        raise Failed("compare", f"restored tables differ: {', '.join(differing[:5])}")


def _pack(data: Path, place: Path) -> int:
    """The customers' files, the sealed agreements and the months of samples in one archive; returns how many."""
    count = 0
    with place.open("xb") as handle, tarfile.open(fileobj=handle, mode="w") as archive:
        place.chmod(0o600)
        for path in sorted(path for folder in PACKED for path in (data / folder).rglob("*")):
            with suppress(FileNotFoundError):  # deleted meanwhile, by a rule of retention or a person
                if path.is_file():
                    archive.add(path, arcname=str(path.relative_to(data)))
                    count += 1
    return count


def _compare_files(dsn: str, live: str, place: Path) -> None:
    """Read the archive as it would be restored. A file that came after the snapshot is not known yet, and passes."""
    known = _known_files(dsn)
    missing = set(known)
    with tarfile.open(place) as archive:
        for member in archive:
            content = archive.extractfile(member)
            digest = hashlib.file_digest(content, "sha256").hexdigest() if content else ""  # type: ignore[arg-type]
            if known.get(member.name, digest) != digest:
                raise Failed("files", f"the file {member.name} is not what was uploaded")
            missing.discard(member.name)
    if missing and (lost := sorted(missing & _known_files(live).keys())):  # and not only deleted meanwhile
        raise Failed("files", f"{len(lost)} files are missing, the first is {lost[0]}")


def _known_files(dsn: str) -> dict[str, str]:
    """Path in the data folder to SHA-256, as a database has it."""
    with psycopg.connect(dsn) as database:
        return dict(database.execute(KNOWN_FILES).fetchall())


@contextmanager
def _drill(admin_dsn: str) -> Iterator[str]:
    """The URL of an empty database that exists inside the block only."""
    name = f"{DRILL}{secrets.token_hex(4)}"
    make = sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'").format(sql.Identifier(name))
    with psycopg.connect(admin_dsn, autocommit=True) as admin:
        admin.execute(make)
    try:
        yield make_conninfo(admin_dsn, dbname=name)
    finally:
        _drop(admin_dsn, name)


def _drop(admin_dsn: str, name: str) -> None:
    with psycopg.connect(admin_dsn, autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _clear(folder: Path, admin_dsn: str) -> None:
    """What an interrupted backup left behind."""
    for part in folder.glob("backup-*.part"):
        part.unlink()
    with psycopg.connect(admin_dsn, autocommit=True) as admin:
        found = admin.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{DRILL}%"]).fetchall()
    for (name,) in found:
        _drop(admin_dsn, name)


def _tool(step: str, tool: str, *options: str, dsn: str) -> None:
    """One of PostgreSQL's own tools. The password goes by the environment: processes are seen by everybody.

    What the environment says to libpq, it says to the tools: the URL may leave the password to it.
    """
    asked = conninfo_to_dict(dsn)
    password = asked.pop("password", None)
    command = [str(packaged_binaries() / tool), *options, f"--dbname={make_conninfo('', **asked)}"]
    values = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME") or name.startswith("PG")}
    values |= {"LC_ALL": "C"} | ({"PGPASSWORD": str(password)} if password else {})
    try:
        done = subprocess.run(command, env=values, capture_output=True, text=True, timeout=LONGEST)
    except subprocess.TimeoutExpired as error:
        raise Failed(step, f"{tool} took longer than {LONGEST // 3600} hours") from error
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if "error:" in line] or done.stderr.splitlines()[-1:]
        raise Failed(step, said[0] if said else f"{tool} ended with {done.returncode}")


def _digest(place: Path) -> str:
    with place.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
