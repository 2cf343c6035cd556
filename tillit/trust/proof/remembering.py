"""What the verifier knows of a log from its last visit, in a file. No Django."""

from __future__ import annotations

import base64
import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tillit.trust.proof.fetching import Unreachable
from tillit.trust.proof.merkle import HASH_BYTES
from tillit.trust.proof.notes import Checkpoint

FORMAT = 1


@dataclass(frozen=True)
class Remembered:
    """The log's name and keys, and every leaf's hash: so that a later change can be named, not only noticed."""

    origin: str
    keys: list[str]
    size: int
    root: bytes
    leaves: list[bytes]
    seen_at: str  # ISO 8601, UTC

    @classmethod
    def of(cls, checkpoint: Checkpoint, *, keys: list[str], leaves: list[bytes]) -> Remembered:
        seen_at = datetime.now(UTC).isoformat(timespec="seconds")
        return cls(checkpoint.origin, keys, checkpoint.size, checkpoint.root, leaves, seen_at)


def read(path: Path) -> Remembered | None:
    """None before the first visit. Raises Unreachable when the file is no such file."""
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        leaves = base64.b64decode(held["leaves"])
        return Remembered(
            str(held["origin"]),
            [str(key) for key in held["keys"]],
            int(held["size"]),
            bytes.fromhex(held["root"]),
            [leaves[at : at + HASH_BYTES] for at in range(0, len(leaves), HASH_BYTES)],
            str(held["seen_at"]),
        )
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise Unreachable(f"{path} is not what an earlier verification has written; remove it to begin anew") from error


def write(path: Path, known: Remembered) -> None:
    """Whole or not at all."""
    held = {
        "format": FORMAT,
        "origin": known.origin,
        "keys": known.keys,
        "size": known.size,
        "root": known.root.hex(),
        "seen_at": known.seen_at,
        "leaves": base64.b64encode(b"".join(known.leaves)).decode(),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    waiting = path.with_name(f".{path.name}.{os.getpid()}")
    waiting.write_text(json.dumps(held, indent=1) + "\n", encoding="utf-8")
    waiting.replace(path)
