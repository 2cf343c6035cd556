"""How a process asks the broker for a connection: one HTTP/1.1 `CONNECT` on a Unix socket, and its answer.

    CONNECT api.post.example:443 HTTP/1.1
    Tillit-Tenant: 7          the tenant it is for; left out for the cloud itself
    Tillit-Purpose: mail
    Tillit-TLS: first         first, later (STARTTLS) or none: must be what the declared protocol means

After `200` the connection is the server's. `403` (refused) and `502` to `504` carry a JSON object with `reason`.
`GET /state` answers with a JSON object: how the broker is, and which connections are open.
"""

from __future__ import annotations

import json
import re
import socket
import struct
import time
from dataclasses import dataclass
from typing import Any

LARGEST_HEAD = 4_096  # bytes
HEAD_SECONDS = 5.0
LONGEST_HOST = 253  # RFC 1035 with all its dots; no record holds a longer one
END = b"\r\n\r\n"
STATE = b"GET /state HTTP/1.1"
OPENED = b"HTTP/1.1 200 Connected\r\n\r\n"
STATUS = {
    200: "OK",
    400: "Bad Request",
    403: "Refused",
    431: "Too Large",
    502: "Unreachable",
    503: "Busy",
    504: "Too Slow",
}
ASKED = re.compile(r"CONNECT (\[[0-9a-fA-F:.]{2,45}\]|[^\s:\[\]]{1,253}):(\d{1,5}) HTTP/1\.1")
PURPOSE = re.compile(r"[a-z][a-z0-9-]{0,39}")


@dataclass(frozen=True)
class Asked:
    host: str  # lower case, and fit to be recorded
    port: int
    tenant: int | None
    purpose: str
    tls: str
    rest: bytes  # what followed the head


class BadHead(Exception):
    """Nothing that could be decided upon; `status` says what to answer, 0 that nobody is left to hear it."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def uid_of(peer: socket.socket) -> int | None:
    """The user a Unix socket's other end runs as; None where the system does not tell."""
    option = getattr(socket, "SO_PEERCRED", None)
    if option is None:
        return None
    _process, uid, _group = struct.unpack("3i", peer.getsockopt(socket.SOL_SOCKET, option, struct.calcsize("3i")))
    return int(uid)


def read_asked(client: socket.socket) -> Asked | None:
    """What the head asks for, which has to come soon and be short; None: for the state. Raises BadHead."""
    deadline, received = time.monotonic() + HEAD_SECONDS, b""
    while END not in received:
        if len(received) > LARGEST_HEAD:
            raise BadHead(431)
        left = deadline - time.monotonic()
        if left <= 0:
            raise BadHead(400)
        client.settimeout(left)
        try:
            part = client.recv(LARGEST_HEAD)
        except OSError as error:
            raise BadHead(400) from error
        if not part:
            raise BadHead(400 if received else 0)
        received += part
    head, _, rest = received.partition(END)
    if len(head) > LARGEST_HEAD:
        raise BadHead(431)
    return None if head.split(b"\r\n", 1)[0] == STATE else _parse(head, rest)


def _parse(head: bytes, rest: bytes) -> Asked:
    try:
        first, *lines = head.decode("utf-8").split("\r\n")
    except UnicodeDecodeError as error:
        raise BadHead(400) from error
    asked = ASKED.fullmatch(first)
    fields: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or name.lower() in fields:
            raise BadHead(400)
        fields[name.lower()] = value.strip()
    tenant, purpose = fields.get("tillit-tenant", ""), fields.get("tillit-purpose", "")
    known = PURPOSE.fullmatch(purpose) and re.fullmatch(r"[1-9]\d{0,17}|", tenant)
    if asked is None or not known or not 0 < int(asked[2]) < 65536:
        raise BadHead(400)
    tls, host = fields.get("tillit-tls", ""), asked[1].strip("[]").lower()
    if not host.isprintable() or len(host) > LONGEST_HOST:  # a letter may become two when it is made small
        raise BadHead(400)
    return Asked(host, int(asked[2]), int(tenant) if tenant else None, purpose, tls, rest)


def answer(status: int, **content: Any) -> bytes:
    """A whole answer other than 200."""
    body = json.dumps(content).encode()
    head = (
        f"HTTP/1.1 {status} {STATUS[status]}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
