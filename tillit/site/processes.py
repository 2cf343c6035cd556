"""Questions about processes that are not our children."""

from __future__ import annotations

import os
from pathlib import Path

PROC = Path("/proc")


def alive(pid: int) -> bool:
    """Whether a process with this number exists (a zombie counts as gone where the system tells)."""
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        return PROC.joinpath(str(pid), "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (OSError, IndexError):
        return not PROC.joinpath("self").exists()


def living_in(folder: Path) -> list[int] | None:
    """The processes whose working folder is `folder`; None where the system does not tell.

    It does not tell without /proc, nor about another user's process in a container that withholds CAP_SYS_PTRACE.
    """
    if not PROC.joinpath("self", "cwd").exists():
        return None
    wanted, owner = str(folder.resolve()), folder.stat().st_uid
    found, unknown = [], False
    for entry in PROC.iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if os.readlink(entry / "cwd") == wanted:
                found.append(int(entry.name))
        except PermissionError:
            unknown = unknown or _owner(entry) == owner
        except OSError:
            continue  # ended meanwhile
    return None if unknown else found


def _owner(entry: Path) -> int | None:
    try:
        return entry.stat().st_uid
    except OSError:
        return None
