"""The sockets web workers serve, opened by the supervisor so that they outlive every worker."""

from __future__ import annotations

import ctypes
import errno
import os
import resource
import socket
import struct
import sys
import time
from contextlib import suppress

from tillit.site.problems import Problem

ATTACH_FILTER, LOCK_FILTER = 26, 44  # options of Linux's sockets
# The kernel's packet filter: load the flags of the TCP header; SYN and ACK together: drop; else keep
NO_ANSWERED_CALLS = (
    (0x30, 0, 0, 13),
    (0x54, 0, 0, 0x12),
    (0x15, 0, 1, 0x12),
    (0x06, 0, 0, 0),
    (0x06, 0, 0, 0xFFFFFFFF),
)
BACKLOG = 1024
CONNECTIONS = 4096  # that a web worker has at the same time; idle ones end after 30 seconds
TAKES_NOTHING = 60_000  # milliseconds
AFTER_A_CRASH = 10.0  # seconds the processes of a killed Tillit may need to let go of the port


def open_sockets(host: str, port: int, count: int, *, patience: float = 0.0) -> list[socket.socket]:
    """Bound sockets, one for each of `count` web workers; port 0 takes any free one.

    On Linux they share the port and the kernel spreads connections over them; a single shared socket lets one worker
    take all connections of a burst. Elsewhere it is the same socket for all. They do not listen yet: each worker begins
    to when it can answer, and its socket stays open here when it dies, so that visitors wait instead of being refused.
    Raises Problem when the port is taken (after `patience` seconds) or may not be used.
    """
    first = _bind(host, port, time.monotonic() + patience)
    if sys.platform != "linux" or count == 1:
        return [first] * count
    # Proven free: now bind again with the option that lets our workers, and only this user's processes, share it.
    port = first.getsockname()[1]
    first.close()
    return [_make(host, port, shared=True) for _ in range(count)]


def _bind(host: str, port: int, deadline: float) -> socket.socket:
    while True:
        try:
            return _make(host, port, shared=False)
        except OSError as error:
            if error.errno == errno.EADDRINUSE and time.monotonic() < deadline:
                time.sleep(0.1)
                continue
            raise _problem(error, host, port) from error


def _make(host: str, port: int, *, shared: bool) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # or kept-alive answers wait 40 ms
        if sys.platform == "linux":  # who takes nothing of an answer for that long has left; accepted ones have it, too
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, TAKES_NOTHING)
        _receive_only(made)
        made.bind((host, port))
    except OSError:
        made.close()
        raise
    return made


def _receive_only(made: socket.socket) -> None:
    """Keep the socket, and those accepted from it, from calling others: no call is ever answered.

    A worker without network gets this one socket of the machine's network, and a TCP socket can be disconnected and
    connected elsewhere. Whoever is called answers with SYN and ACK; whoever is served never sends that. Locked: the
    worker cannot take the filter off. Newer kernels allow it to root only; there Landlock has to do (`locked`).
    """
    if sys.platform != "linux":
        return
    program = b"".join(struct.pack("=HBBI", *part) for part in NO_ANSWERED_CALLS)
    kept = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("@HP", len(NO_ANSWERED_CALLS), ctypes.addressof(kept))
    with suppress(PermissionError):
        made.setsockopt(socket.SOL_SOCKET, ATTACH_FILTER, header)
        made.setsockopt(socket.SOL_SOCKET, LOCK_FILTER, 1)


def connections() -> int:
    """How many connections this process takes, after it was allowed as many handles as the machine lets it have.

    A process that takes one for which it has no handle asks again and again, and serves nobody meanwhile.
    """
    handles, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if handles != resource.RLIM_INFINITY and handles < 2 * CONNECTIONS:
        handles = 2 * CONNECTIONS if hard == resource.RLIM_INFINITY else min(2 * CONNECTIONS, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (handles, hard))
    return CONNECTIONS if handles == resource.RLIM_INFINITY else min(CONNECTIONS, handles // 2)


def locked(handle: int) -> bool:
    """Whether the socket with this number can only be called."""
    with socket.socket(fileno=os.dup(handle)) as made:
        if made.family == socket.AF_UNIX:
            return True  # it leads nowhere but to this machine
        return sys.platform == "linux" and made.getsockopt(socket.SOL_SOCKET, LOCK_FILTER) == 1


def _problem(error: OSError, host: str, port: int) -> Problem:
    if error.errno == errno.EADDRINUSE:
        return Problem(f"Port {port} is taken by another program. Name a free one: --port {port + 1}")
    if error.errno == errno.EACCES:
        return Problem(f"This user may not use port {port}. Name one above 1023: --port 8000")
    return Problem(f"Tillit cannot listen on {host} port {port}: {error.strerror or error}.")
