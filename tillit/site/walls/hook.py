"""The wall inside Python: refuses with a sentence that says what to use instead. On top of the others, for people.

C code and child processes pass by it: alone it protects against oversights, not against intent.
"""

from __future__ import annotations

import errno
import os
import socket
import sys

from tillit.foundation.confinement import NoWayOut

LOOKUPS = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo")
WITH_ADDRESS = ("socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg")
WATCHED = frozenset(LOOKUPS + WITH_ADDRESS)
PROXIES = ("http_proxy", "https_proxy", "ftp_proxy", "all_proxy")
NOWHERE = "http://use-tillit.foundation.outbound.invalid:9"  # libraries that heed it say the name in their error
SENTENCE = (
    "{event} refused: this process has no network. Call other servers through tillit.foundation.outbound; the broker "
    "lets through what the register declares."
)


def put_up() -> None:
    for name in PROXIES:
        os.environ[name] = os.environ[name.upper()] = NOWHERE
    for name in ("no_proxy", "NO_PROXY"):
        os.environ.pop(name, None)
    sys.addaudithook(_refuse)


def _refuse(event: str, arguments: tuple[object, ...]) -> None:
    if event not in WATCHED:  # Python reports everything; this one line is what it costs
        return
    if event in LOOKUPS or _leaves(*arguments[:2]):
        raise NoWayOut(errno.EACCES, SENTENCE.format(event=event))


def _leaves(used: object, address: object = None) -> bool:
    return address is not None and isinstance(used, socket.SocketType) and used.family != socket.AF_UNIX
