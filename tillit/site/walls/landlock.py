"""Landlock: no TCP, neither out nor in, and no abstract Unix sockets of others. Needs no root; children inherit it.

Linux 6.7 and newer, where it is switched on. It leaves UDP open, as well as Multipath TCP and TCP Fast Open: the
filter on system calls (`seccomp`) closes those, so the two belong together.
"""

from __future__ import annotations

import ctypes
import errno
import os

from tillit.foundation import confinement
from tillit.site.walls.system import MACHINE, no_new_privileges, syscall

CREATE_RULESET, RESTRICT_SELF = 444, 446  # the same on both machines
VERSION_ONLY = 1
BIND_TCP, CONNECT_TCP = 1, 2
ABSTRACT_UNIX_SOCKET = 1
KNOWS_TCP, KNOWS_SCOPES = 4, 6  # versions of the interface


class Ruleset(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in ("handled_access_fs", "handled_access_net", "scoped")]


def put_up() -> None:
    """Raises OSError where the kernel has no Landlock, or an older one without rules for TCP."""
    if MACHINE not in ("x86_64", "aarch64"):
        raise OSError(errno.ENOSYS, "not offered for this kind of machine")
    version = syscall(CREATE_RULESET, None, 0, VERSION_ONLY)
    if version < KNOWS_TCP:
        raise OSError(errno.EOPNOTSUPP, f"its version here is {version}, rules for TCP begin with {KNOWS_TCP}")
    scoped = ABSTRACT_UNIX_SOCKET if version >= KNOWS_SCOPES else 0
    rules = Ruleset(0, BIND_TCP | CONNECT_TCP, scoped)  # handled, and no rule that would allow any
    size = ctypes.sizeof(Ruleset) if version >= KNOWS_SCOPES else Ruleset.scoped.offset
    handle = syscall(CREATE_RULESET, ctypes.byref(rules), size, 0)
    try:
        no_new_privileges()
        syscall(RESTRICT_SELF, handle, 0)
    finally:
        os.close(handle)
    if not confinement.tcp_refused():
        raise OSError(errno.EOPNOTSUPP, "it was put up, and TCP is open all the same")
    confinement.proved("landlock", version)
