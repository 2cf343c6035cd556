"""JSON Schemas of everything public, draft 2020-12: one file for each `/trust/<name>.json`, and parts they share."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from django.urls import reverse

FOLDER = Path(__file__).parent / "schemas"
SHARED = frozenset({"envelope"})  # no twin has this shape alone


@cache
def names() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in FOLDER.glob("*.json")))


@cache
def read(name: str) -> dict[str, Any] | None:
    """The schema of this name; None where there is none."""
    if name not in names():
        return None
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())
    return found


def twins() -> list[tuple[str, str, str]]:
    """Name, path and path of the schema of every public JSON."""
    own = [name for name in names() if name not in SHARED]
    return [(name, f"/trust/{name}.json", reverse("evidence:schema", args=[name])) for name in own]
