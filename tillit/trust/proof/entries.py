"""What a leaf of the log says, and how the content it stands for is hashed. No Django: the verifier reads it too.

A leaf never holds content: only when, what kind of change, of which subject, and sha256(salt || canonical content).
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

FORMAT = 1
MOMENT = "%Y-%m-%dT%H:%M:%SZ"
SALT_BYTES = 16
LONGEST_LEAF = 65_535  # bytes: an entry bundle counts in 16 bits


def canonical(content: Any) -> str:
    """JSON with one way of writing: keys by code point, no spaces, UTF-8, whole numbers only. Raises ValueError."""
    _refuse_floats(content)
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def content_hash(salt: bytes, text: str) -> str:
    return hashlib.sha256(salt + text.encode()).hexdigest()


def leaf_bytes(*, at: str, kind: str, subject: str, content_hash: str) -> bytes:
    said = {"format": FORMAT, "at": at, "kind": kind, "subject": subject, "hash": content_hash}
    return canonical(said).encode()


def bundle(leaves: list[bytes]) -> bytes:
    """Leaves in a row, each after its length in two bytes, big-endian (C2SP tlog-tiles)."""
    return b"".join(len(leaf).to_bytes(2, "big") + leaf for leaf in leaves)


def leaves_in(data: bytes) -> list[bytes]:
    """The leaves of a bundle. Raises ValueError when the lengths do not fit."""
    found, position = [], 0
    while position < len(data):
        end = position + 2 + int.from_bytes(data[position : position + 2], "big")
        if end > len(data) or position + 2 > len(data):
            raise ValueError("the bundle ends in the middle of an entry")
        found.append(data[position + 2 : end])
        position = end
    return found


def _refuse_floats(content: Any) -> None:
    if isinstance(content, float):
        raise ValueError("fractions have more than one way of writing: say them as text or as whole numbers")
    for part in content.values() if isinstance(content, dict) else content if isinstance(content, list) else ():
        _refuse_floats(part)
