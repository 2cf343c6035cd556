"""System calls that Python has no function for."""

from __future__ import annotations

import ctypes
import os
import platform
import sys

PR_SET_NO_NEW_PRIVS = 38
MACHINE = platform.machine() if sys.platform == "linux" and sys.maxsize > 2**32 else ""
libc = ctypes.CDLL(None, use_errno=True)


def call(name: str, *arguments: object) -> int:
    """A function of the C library; raises OSError where it answers with a negative number."""
    return _checked(getattr(libc, name)(*(_plain(argument) for argument in arguments)), name)


def syscall(number: int, *arguments: object) -> int:
    return _checked(libc.syscall(ctypes.c_long(number), *(_plain(argument) for argument in arguments)), "syscall")


def no_new_privileges() -> None:
    """From now on no program this process becomes or starts gains rights, say by sudo. Asked for by what follows."""
    call("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def _plain(argument: object) -> object:
    """Numbers as wide as a register: what is left of it would be chance, and the kernel looks."""
    return ctypes.c_ulong(argument) if isinstance(argument, int) else argument


def _checked(result: int, name: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return result
