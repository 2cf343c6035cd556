"""What a client sends is watched until its TLS hello has named the declared server; the rest nobody could read.

A watcher is fed with what comes from the client and gives back what may be sent on; it raises Cut where the connection
has to end, and is `done` when the rest needs no look.
"""

from __future__ import annotations

import ipaddress
from abc import ABC, abstractmethod
from typing import Protocol

from tillit.trust.broker.hello import (
    CHANGE_CIPHER_SPEC,
    CLIENT_HELLO,
    HANDSHAKE,
    HiddenName,
    Malformed,
    looks_like_tls,
    read_hello,
)

START_TLS = b"STARTTLS"
ASKS_FOR_TLS = (b"\x00\x00\x00\x08\x04\xd2\x16\x2f", b"\x00\x00\x00\x08\x04\xd2\x16\x30")  # PostgreSQL: SSL, GSS
BEFORE_TLS = (b"EHLO", b"HELO", b"STAR", b"NOOP", b"RSET", b"QUIT")  # how SMTP's commands begin that tell nothing
LONGEST_COMMAND = 512  # RFC 5321, 4.5.3.1.4
LONGEST_LINE = 8_192  # of which is kept what STARTTLS would stand in

FIRST, LATER, NONE = "first", "later", "none"
TLS_OF = {
    "https": FIRST,
    "smtps": FIRST,
    "imaps": FIRST,
    "smtp": LATER,
    "smtp+starttls": LATER,
    "imap": LATER,
    "postgresql": LATER,
    "http": NONE,
}


class Cut(Exception):
    """The connection has to end: `server-name` or `tls`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Watcher(Protocol):
    done: bool

    @property
    def waiting(self) -> bool:
        """Whether a hello is due."""

    def feed(self, data: bytes) -> bytes: ...


def watcher_of(protocol: str, host: str) -> Watcher:
    """How the client's side of this protocol is watched."""
    if TLS_OF[protocol] == FIRST:
        return HelloWatcher(host)
    if protocol == "http":
        return PlainWatcher(host)
    if protocol == "postgresql":
        return DatabaseWatcher(host)
    return LineWatcher(host, must=protocol == "smtp+starttls")


def check_name(name: str, host: str) -> None:
    """Raises Cut unless a client that means `host` would ask for `name` (RFC 6066: an address is never asked for)."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        allowed = {host}
    else:
        allowed = {"", host}
    if name not in allowed:
        raise Cut("server-name")


class HelloWatcher:
    """TLS from the first byte. A second hello, which a server may ask for (RFC 8446, 4.1.4), has to say the same."""

    def __init__(self, host: str) -> None:
        self.host = host
        self.done = False
        self._greeted = False
        self._held = b""

    @property
    def waiting(self) -> bool:
        return not self._greeted

    def feed(self, data: bytes) -> bytes:
        self._held += data
        out = b""
        while self._held and not self.done:
            count = self._second() if self._greeted else self._hello()
            if not count:
                break
            out, self._held = out + self._held[:count], self._held[count:]
        return out

    def _hello(self) -> int:
        """How many bytes the hello has that is held; 0 while it is not complete."""
        try:
            found = read_hello(self._held)
        except Malformed as error:
            raise Cut("tls") from error
        except HiddenName as error:
            raise Cut("server-name") from error
        if found is None:
            return 0
        check_name(found.name, self.host)
        self._greeted = True
        return found.length

    def _second(self) -> int:
        """How many bytes may go after the hello. One that only changes the cipher says nothing yet."""
        kind, size = self._held[0], int.from_bytes(self._held[3:5], "big")
        if kind == CHANGE_CIPHER_SPEC:
            return 6 if len(self._held) >= 6 else 0
        if kind == HANDSHAKE:
            if len(self._held) < 11:
                return 0
            if size < 6:
                raise Cut("tls")  # nobody cuts a message so small, except to hide it
            # a hello, and not an encrypted message that happens to begin like one
            if self._held[5] == CLIENT_HELLO and self._held[9] == self._held[1]:
                count = self._hello()
                self.done = bool(count)
                return len(self._held) if count else 0
        self.done = True
        return len(self._held)


class PlainWatcher:
    """No TLS at all; a client that begins it nevertheless is treated like one that was expected to."""

    def __init__(self, host: str) -> None:
        self.host = host
        self.done = False
        self._inner: HelloWatcher | None = None

    @property
    def waiting(self) -> bool:
        return self._inner is not None and self._inner.waiting

    def feed(self, data: bytes) -> bytes:
        if self._inner is None and not looks_like_tls(data):
            self.done = True
            return data
        self._inner = self._inner or HelloWatcher(self.host)
        out = self._inner.feed(data)
        self.done = self._inner.done
        return out


class _Upgrading(ABC):
    """Plain talk first; `_hello` once TLS has begun."""

    def __init__(self, host: str) -> None:
        self.host = host
        self.done = False
        self._hello: HelloWatcher | None = None

    @property
    def waiting(self) -> bool:
        return self._hello is not None and self._hello.waiting

    def feed(self, data: bytes) -> bytes:
        if self._hello is None:
            data = self._talk(data)
            if self._hello is None:
                return data
            return data + self._greet(self._taken())
        return self._greet(data)

    def _greet(self, data: bytes) -> bytes:
        if self._hello is None:
            return b""
        out = self._hello.feed(data) if data else b""
        self.done = self._hello.done
        return out

    @abstractmethod
    def _talk(self, data: bytes) -> bytes:
        """Plain bytes that may pass; sets `_hello` where TLS begins."""

    @abstractmethod
    def _taken(self) -> bytes:
        """The bytes that came with the talk and belong to TLS already."""


class LineWatcher(_Upgrading):
    """SMTP or IMAP: plain lines until one says STARTTLS and TLS follows it. `must`: nothing of weight before that."""

    def __init__(self, host: str, *, must: bool) -> None:
        super().__init__(host)
        self.must = must
        self._line = b""  # the beginning of a line whose end has not come
        self._asked = True  # TLS may begin here: at the very start, and after STARTTLS
        self._rest = b""

    def _talk(self, data: bytes) -> bytes:
        out, place = [], 0
        while place < len(data):
            if self._asked and not self._line and looks_like_tls(data[place:]):
                self._hello, self._rest = HelloWatcher(self.host), data[place:]
                break
            end = data.find(b"\n", place) + 1 or len(data)
            self._line = (self._line + data[place:end])[-LONGEST_LINE:]
            out.append(self._passed(data[place:end]))
            place = end
        return b"".join(out)

    def _passed(self, part: bytes) -> bytes:
        """What goes on now of a line, of which this is the newest part."""
        whole = self._line.endswith(b"\n")
        if self.must:
            if len(self._line) > LONGEST_COMMAND or (whole and self._line[:4].upper() not in BEFORE_TLS):
                raise Cut("tls")
            part = self._line if whole else b""
        if whole:
            self._asked, self._line = START_TLS in self._line.upper(), b""
        return part

    def _taken(self) -> bytes:
        rest, self._rest = self._rest, b""
        return rest


class DatabaseWatcher(_Upgrading):
    """PostgreSQL: asks for TLS in eight bytes, waits for one, then begins it; or begins with it (since 17)."""

    def __init__(self, host: str) -> None:
        super().__init__(host)
        self._held = b""

    def _talk(self, data: bytes) -> bytes:
        self._held += data
        out = b""
        while self._held:
            if looks_like_tls(self._held):
                self._hello = HelloWatcher(self.host)
                return out
            if len(self._held) < 8 and any(ask.startswith(self._held) for ask in ASKS_FOR_TLS):
                return out
            if not self._held.startswith(ASKS_FOR_TLS):
                self.done = True
                out, self._held = out + self._held, b""
                return out
            out, self._held = out + self._held[:8], self._held[8:]
        return out

    def _taken(self) -> bytes:
        rest, self._held = self._held, b""
        return rest
