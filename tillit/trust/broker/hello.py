"""The first message of a TLS client, read to see which server it asks for. RFC 8446 section 4.1.2, RFC 6066 section 3.

Everything in it comes from a process that may have been taken over, so every length is checked against what is there.
"""

from __future__ import annotations

from typing import NamedTuple

HANDSHAKE, CHANGE_CIPHER_SPEC = 22, 20
CLIENT_HELLO = 1
LARGEST_RECORD = 16_384
LARGEST_HELLO = 16_384  # with a post-quantum key share it has some 2,000 bytes
SERVER_NAME, ENCRYPTED_HELLO, ENCRYPTED_NAME = 0x0000, 0xFE0D, 0xFFCE


class Malformed(Exception):
    """These bytes are no ClientHello that could be relied on."""


class HiddenName(Exception):
    """The client encrypts which server it means (ECH), so nobody could check it."""


def looks_like_tls(start: bytes) -> bool:
    return start[:1] == bytes([HANDSHAKE])


class Hello(NamedTuple):
    """`name`: lower case, "" where the client names no server. `length`: bytes it takes, with its records' heads."""

    name: str
    length: int


def read_hello(received: bytes) -> Hello | None:
    """The ClientHello that `received` begins with; None as long as it is not complete.

    Raises Malformed or HiddenName.
    """
    found = _message(received)
    if found is None:
        return None
    message, length = found
    return Hello(_name_in(_Reader(message)), length)


def _message(received: bytes) -> tuple[bytes, int] | None:
    """The handshake message out of its records, which may cut it anywhere, and how many bytes they have."""
    collected, place = bytearray(), 0
    while not _is_whole(collected):
        head = received[place : place + 5]
        if head[:1] not in (b"", bytes([HANDSHAKE])) or head[1:2] not in (b"", b"\x03"):
            raise Malformed("no handshake")
        if len(head) < 5:
            return None
        size = int.from_bytes(head[3:5], "big")
        if not 0 < size <= LARGEST_RECORD:
            raise Malformed("record size")
        part = received[place + 5 : place + 5 + size]
        if len(part) < size:
            return None
        collected += part
        place += 5 + size
    return bytes(collected[4:]), place


def _is_whole(collected: bytearray) -> bool:
    if len(collected) < 4:
        return False
    length = 4 + int.from_bytes(collected[1:4], "big")
    if collected[0] != CLIENT_HELLO or length > LARGEST_HELLO or len(collected) > length:
        raise Malformed("no ClientHello of a sensible size")
    return len(collected) == length


class _Reader:
    """Takes parts from the front, and refuses to take more than there is."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.place = 0

    def take(self, count: int) -> bytes:
        part = self.content[self.place : self.place + count]
        if len(part) < count:
            raise Malformed("cut short")
        self.place += count
        return part

    def vector(self, size: int) -> bytes:
        """What is preceded by its length in `size` bytes."""
        return self.take(int.from_bytes(self.take(size), "big"))

    @property
    def more(self) -> bool:
        return self.place < len(self.content)


def _name_in(hello: _Reader) -> str:
    hello.take(2 + 32)  # version, random
    hello.vector(1)  # session
    hello.vector(2)  # cipher suites
    hello.vector(1)  # compression
    if not hello.more:
        return ""
    extensions, name = _Reader(hello.vector(2)), ""
    seen: set[int] = set()
    if hello.more:
        raise Malformed("more than extensions")
    while extensions.more:
        kind = int.from_bytes(extensions.take(2), "big")
        content = extensions.vector(2)
        if kind in seen:
            raise Malformed("twice the same extension")
        seen.add(kind)
        if kind in (ENCRYPTED_HELLO, ENCRYPTED_NAME):
            raise HiddenName
        if kind == SERVER_NAME:
            name = _only_host(content)
    return name


def _only_host(content: bytes) -> str:
    outer = _Reader(content)
    names = _Reader(outer.vector(2))
    if outer.more or names.take(1) != b"\x00":
        raise Malformed("server name")
    host = names.vector(2)
    if names.more or not 0 < len(host) < 256:
        raise Malformed("server name")
    try:
        return host.decode("ascii").lower()
    except UnicodeDecodeError as error:
        raise Malformed("server name") from error
