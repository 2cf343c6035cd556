"""Run one command as another user, because PostgreSQL refuses to run as root. Started as a script, without packages.

    python -I -S unprivileged.py [--user UID:GID] [--leash SIGNAL] [--without network] [--reach FOLDER]... -- COMMAND …

Nothing outside the data folder is opened up for that user. Where a folder is closed to it (a checkout below a 0700
home, say), the command keeps one capability, CAP_DAC_OVERRIDE, which root has even in a default container; it is
raised as an ambient capability so that it survives the exec. `--leash` has the kernel send SIGNAL (a number) when the
process that started this one dies. `--without network` leaves the command and all it starts Unix sockets only, as far
as the kernel can (`walls/`): who gets hold of the superuser's password must not find a way out by a server's program.
On other systems than Linux all three are left out.
"""

from __future__ import annotations

import ctypes
import os
import sys
from contextlib import suppress
from importlib import import_module

PR_SET_PDEATHSIG, PR_SET_KEEPCAPS, PR_SET_SECUREBITS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 1, 8, 28, 47, 2
SECBIT_NO_SETUID_FIXUP = 4
CAP_DAC_OVERRIDE, CAP_SETPCAP = 1 << 1, 1 << 8  # as masks
AMBIENT_NUMBER = 1  # of CAP_DAC_OVERRIDE
CAPABILITY_VERSION_3 = 0x20080522
LINUX = sys.platform == "linux"
ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
WALLS = ("landlock", "seccomp")  # a network namespace would need root, or users of its own
UNABLE = 77  # exit status: the reason is on standard error, in a sentence


class Header(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class Sets(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint32) for name in ("effective", "permitted", "inheritable")]


def main(arguments: list[str]) -> None:
    split = arguments.index("--")
    options, command = arguments[:split], arguments[split + 1 :]
    named = list(zip(options[::2], options[1::2], strict=True))
    values = dict(named)
    if "--without" in values:
        take_network()  # first: the files of the walls may be out of the other user's reach
    if "--user" in values:
        uid, _, gid = values["--user"].partition(":")
        become(int(uid), int(gid), [place for name, place in named if name == "--reach"])
    if "--leash" in values:
        die_with_parent(int(values["--leash"]))  # last: a change of user would clear it
    os.chdir("/")
    os.execv(command[0], command)  # noqa: S606 - the very purpose


def take_network() -> None:
    """Put up each wall that the machine offers."""
    sys.path.insert(0, ROOT)
    for name in WALLS:
        with suppress(OSError):
            import_module(f"tillit.site.walls.{name}").put_up()


def die_with_parent(signal_number: int) -> None:
    """Have the kernel send this process the signal when its parent dies. On Linux only."""
    if LINUX:
        _prctl(PR_SET_PDEATHSIG, signal_number)


def become(uid: int, gid: int, needed: list[str]) -> None:
    """Turn from root into this user, keeping CAP_DAC_OVERRIDE only if one of `needed` is out of its reach."""
    if LINUX:
        _prctl(PR_SET_KEEPCAPS, 1)
    try:
        os.setgroups([])
        os.setresgid(gid, gid, gid) if hasattr(os, "setresgid") else os.setgid(gid)
        os.setresuid(uid, uid, uid) if hasattr(os, "setresuid") else os.setuid(uid)
    except OSError as error:
        _give_up(
            f"PostgreSQL does not run as root, and this root may not become another user ({error.strerror}). Run "
            "bin/up as an ordinary user, or name a server in TILLIT_DATABASE_URL."
        )
    closed = [place for place in needed if not _within_reach(place)]
    if not (_keep_dac_override() if closed else _set_capabilities(0)):
        _give_up(
            f"PostgreSQL runs as user number {uid}, for whom {closed[0]} is out of reach. Move it, open its parent "
            "folders (chmod o+x), run bin/up as an ordinary user, or name a server in TILLIT_DATABASE_URL."
        )


def _within_reach(place: str) -> bool:
    """Whether the effective user, now without capabilities, can enter or run `place`."""
    return os.access(place, os.R_OK | os.X_OK, effective_ids=os.access in os.supports_effective_ids)


def _keep_dac_override() -> bool:
    """Keep this one capability over the exec, also for the system call access(), which PostgreSQL asks and which
    otherwise answers as if the user had none."""
    return (
        _set_capabilities(CAP_DAC_OVERRIDE | CAP_SETPCAP)
        and _prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP)
        and _prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, AMBIENT_NUMBER)
        and _set_capabilities(CAP_DAC_OVERRIDE)
    )


def _set_capabilities(mask: int) -> bool:
    if not LINUX:
        return mask == 0
    sets = (Sets * 2)(Sets(mask, mask, mask & CAP_DAC_OVERRIDE), Sets(0, 0, 0))
    return _libc().capset(ctypes.byref(Header(CAPABILITY_VERSION_3, 0)), ctypes.byref(sets)) == 0


def _prctl(*arguments: int) -> bool:
    padded = [ctypes.c_ulong(value) for value in (*arguments, 0, 0, 0, 0)[:5]]
    return _libc().prctl(*padded) == 0


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _give_up(sentence: str) -> None:
    sys.stderr.write(sentence + "\n")
    sys.exit(UNABLE)


if __name__ == "__main__":
    main(sys.argv[1:])
