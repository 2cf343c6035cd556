"""JSON Schemas of everything public, draft 2020-12: one file for each `/trust/<name>.json`, and parts they share."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from django.urls import Resolver404, resolve, reverse

FOLDER = Path(__file__).parent / "schemas"
UNLISTED = frozenset({"envelope", "agreement"})  # what twins share; what has an address for each agreement


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
    """Name, path and path of the schema of every public JSON that this installation has."""
    paths = {name: f"/trust/{name}.json" for name in names() if name not in UNLISTED}
    return [(name, path, reverse("evidence:schema", args=[name])) for name, path in paths.items() if _exists(path)]


@cache
def _exists(path: str) -> bool:
    try:
        resolve(path)
    except Resolver404:
        return False
    return True
