"""Where the probes' secrets lie in the data folder. Knows no Django."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def key_file(data: Path) -> Path:
    return data / "probes" / "key"


def account_file(data: Path) -> Path:
    return data / "probes" / "account.json"


def spool_file(data: Path) -> Path:
    return data / "probes" / "spool.jsonl"


def read_account(data: Path) -> dict[str, Any]:
    """Tenant, e-mail, password and token; empty while there is none."""
    return read_json(account_file(data))


def read_json(place: Path) -> dict[str, Any]:
    try:
        found = json.loads(place.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
