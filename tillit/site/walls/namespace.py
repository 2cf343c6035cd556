"""An empty network namespace: no interface is up, not even loopback. Sockets that were inherited go on working.

Root makes it at once; anybody else inside a user namespace of his own, in which he is still himself, so that files,
PostgreSQL and the broker see the same user as before. Some machines withhold those: see docs/running.md.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

from tillit.site.walls.system import call, no_new_privileges

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
SELF = Path("/proc/self")


def put_up() -> None:
    """Raises OSError where the machine does not allow it; then nothing has changed."""
    try:
        call("unshare", CLONE_NEWNET)
    except PermissionError:
        in_a_trial(_with_own_users)  # half of it done would leave a process that is nobody
        _with_own_users()
    no_new_privileges()  # a program of another user's rights could find the way back


def _with_own_users() -> None:
    user, group = os.geteuid(), os.getegid()
    call("unshare", CLONE_NEWUSER | CLONE_NEWNET)
    (SELF / "setgroups").write_text("deny")  # else the kernel refuses the map of groups
    (SELF / "uid_map").write_text(f"{user} {user} 1")
    (SELF / "gid_map").write_text(f"{group} {group} 1")


def in_a_trial(wall: Callable[[], None]) -> None:
    """Do it in a process of its own, which ends; raises its OSError. For processes of one thread."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            wall()
            os.write(write, b"0 ")
        except OSError as error:
            os.write(write, f"{error.errno} {error.strerror}".encode())
        finally:
            os._exit(0)
    os.close(write)
    with open(read) as answer:
        number, _, reason = answer.read().partition(" ")
    os.waitpid(child, 0)
    if number != "0":
        raise OSError(int(number or errno.EIO), reason or "the trial ended without an answer")
