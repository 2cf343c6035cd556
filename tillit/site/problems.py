"""What can go wrong outside our hands, said in one sentence. Standard library only."""

from __future__ import annotations

import errno
import sys
import traceback
from contextlib import suppress
from pathlib import Path

NO_SPACE = (
    "no space left on device",
    "os error 28",
    "disk quota exceeded",
    "errno 28",
    "could not extend file",
)
NO_NETWORK = (
    "dns error",
    "error sending request",
    "failed to establish a new connection",
    "name or service not known",
    "temporary failure in name resolution",
    "could not find a version that satisfies the requirement uv==",
    "connection refused",
    "connection reset",
    "proxyerror",
    "timed out",
    "network is unreachable",
    "tunnel error",
)
READ_ONLY = ("read-only file system", "errno 13", "os error 13", "os error 30")


class Problem(Exception):
    """Something the person can mend; its text is the one sentence they see."""


def complain(text: object) -> None:
    """Tell the person on standard error."""
    sys.stderr.write(f"{text}\n")


def explain(output: str, place: str) -> str | None:
    """The sentence for a tool's failure, or None when its output names no common cause.

    `place` is the folder the tool wrote to. The order matters: a full disk is often reported beside other errors.
    """
    text = output.lower()
    if any(sign in text for sign in NO_SPACE):
        return f"The disk that holds {place} is full. Make room, then try again."
    if any(sign in text for sign in NO_NETWORK):
        return "The Python package index cannot be reached. Check the network or the proxy settings, then try again."
    if any(sign in text for sign in READ_ONLY):
        return f"{place} may not be written by this user."
    return None


def from_os(error: OSError, place: str) -> Problem:
    """The sentence for a failure of our own to write or read below `place`."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Problem(f"The disk that holds {place} is full. Make room, then try again.")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return Problem(f"{error.filename or place} may not be written by this user.")
    return Problem(f"{error.filename or place}: {error.strerror or error}.")


def note_traceback(log: Path) -> Path:
    """Keep the exception being handled in `log`, for whoever looks into it; returns `log`."""
    with suppress(OSError):  # a full disk may be the very problem
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a") as handle:
            traceback.print_exc(file=handle)
    return log
