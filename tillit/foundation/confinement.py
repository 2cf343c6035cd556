"""What this process can reach over the network by itself. Workers: nothing, where the machine allows it.

`tillit.site.confine` puts up the walls before a worker begins; here they are looked at from inside. All answers are
tried in this very process, never read from settings. Only Landlock cannot be tried again once the filter on system
calls refuses every socket; for it counts what the trial showed between the two.

No Django here: the walls stand before it is loaded.
"""

from __future__ import annotations

import ctypes
import errno
import os
import socket
import sys
from pathlib import Path
from typing import Any

LEVELS = ("namespace", "landlock", "seccomp", "landlock-tcp", "hook", "none")  # the strongest first
KERNEL, PYTHON, OPEN = "kernel", "python", "open"  # who closes a way out
PROBE = "socket.gethostbyaddr"  # an audit event that nothing listens to but our hook
NET = Path("/proc/self/net")
# Services that may act for others over the network; whether this user may speak to them is the machine's business
NEIGHBOURS = (
    "/run/nscd/socket",
    "/run/systemd/resolve/io.systemd.Resolve",
    "/run/dbus/system_bus_socket",
    "/run/docker.sock",
    "/run/podman/podman.sock",
    "/run/containerd/containerd.sock",
)

_proved: dict[str, int] = {}
_missing: dict[str, str] = {}


class NoWayOut(PermissionError):
    """Python code wanted to reach another machine from a process that has no network."""


def tcp_refused() -> bool:
    """Whether the kernel denies to bind a TCP socket, or to make one."""
    return _refused(socket.SOCK_STREAM, bound=True)


def proved(wall: str, value: int = 1) -> None:
    """Whoever puts up a wall says that its trial succeeded; Landlock with the version of its interface."""
    _proved[wall] = value


def missing(wall: str, reason: str) -> None:
    """Whoever tried to put up a wall says why it does not stand."""
    _missing[wall] = reason


def level() -> str:
    """The strongest of `LEVELS` that holds in this process.

    `landlock` means both Landlock and the filter on system calls; `seccomp` the filter alone, which refuses every
    socket but Unix ones; `landlock-tcp` Landlock alone, which leaves UDP and rarer protocols open.
    """
    return _level(_walls())


def at_least(wanted: str) -> bool:
    """Whether the process is confined as `wanted` (`namespace`, `landlock`, `hook`, `none`) or stronger.

    Half of Landlock's pair counts as `landlock`: it is the strongest of its kind that the machine has.
    """
    weakest = {"landlock": "landlock-tcp"}.get(wanted, wanted)
    return LEVELS.index(level()) <= LEVELS.index(weakest)


def details() -> dict[str, Any]:
    """What holds, in plain values that can become JSON.

    `namespace`, `seccomp`, `hook`: bool; `landlock`: the version of its interface, 0 without; `no_new_privileges`;
    `tcp`, `udp`, `children` (processes this one starts), `abstract_sockets` (Unix sockets without a path),
    `served_socket` (turning the socket that visitors come in by into one that calls others): each `kernel`, `python`
    or `open`, for who closes that way; `neighbours`: Unix sockets of services this user may speak
    to, which no wall covers; `missing`: wall -> the system's reason.
    """
    walls = _walls()
    any_kernel = KERNEL if walls["namespace"] or walls["seccomp"] or walls["landlock"] else OPEN
    by_python = PYTHON if walls["hook"] else OPEN
    return walls | {
        "level": _level(walls),
        "no_new_privileges": _status("NoNewPrivs") == "1",
        "tcp": any_kernel if any_kernel == KERNEL else by_python,
        "udp": KERNEL if walls["namespace"] or walls["seccomp"] else by_python,
        "children": any_kernel,
        "abstract_sockets": KERNEL if walls["namespace"] or walls["landlock"] >= 6 else OPEN,
        "served_socket": KERNEL if walls["landlock"] or _proved.get("served_socket") else OPEN,
        "neighbours": [place for place in _neighbours() if os.access(place, os.W_OK)],
        "missing": dict(_missing),
    }


def _level(walls: dict[str, Any]) -> str:
    if walls["namespace"]:
        return "namespace"
    if walls["landlock"]:
        return "landlock" if walls["seccomp"] else "landlock-tcp"
    return "seccomp" if walls["seccomp"] else "hook" if walls["hook"] else "none"


def _walls() -> dict[str, Any]:
    refused = _refused(socket.SOCK_DGRAM, bound=False)
    return {
        "namespace": _without_addresses(),
        "seccomp": refused and _status("Seccomp") == "2",
        "landlock": _proved.get("landlock", 0) if refused or tcp_refused() else 0,
        "hook": _hooked(),
    }


def _without_addresses() -> bool:
    """Whether no interface has an address, not even loopback: so it is in an empty network namespace only."""
    try:
        local = (NET / "fib_trie").read_text()
        routes = (NET / "route").read_text().splitlines()[1:]
        six = (NET / "if_inet6").read_text() if (NET / "if_inet6").exists() else ""
    except OSError:
        return False
    return "LOCAL" not in local and not routes and not six.strip()


def _refused(kind: int, *, bound: bool) -> bool:
    """Whether the kernel denies an internet socket of this kind, or to bind it to any free port of our own.

    Nothing leaves the machine by that. Straight to the C library, past our own hook.
    """
    if sys.platform != "linux":
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    made = libc.socket(socket.AF_INET, kind, 0)
    if made < 0:
        return ctypes.get_errno() == errno.EACCES
    anywhere = ctypes.create_string_buffer(socket.AF_INET.to_bytes(2, sys.byteorder) + bytes(14))
    failed = bound and libc.bind(made, anywhere, 16) < 0 and ctypes.get_errno() == errno.EACCES
    os.close(made)
    return failed


def _hooked() -> bool:
    try:
        sys.audit(PROBE, "")
    except NoWayOut:
        return True
    return False


def _status(field: str) -> str:
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return ""
    return next((line.split()[1] for line in lines if line.startswith(f"{field}:")), "")


def _neighbours() -> list[str]:
    if not hasattr(os, "getuid"):
        return []
    return [*NEIGHBOURS, f"/run/user/{os.getuid()}/bus", f"/run/user/{os.getuid()}/systemd/private"]
