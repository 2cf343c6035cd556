"""Which changes could reach more of customers' data than before, and so wait for the promised notice.

Less is always at once: a host, a country or a purpose that goes needs nobody's patience.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

CAN_WIDEN = ("processors", "regions")
LISTED = ("countries", "storage_countries", "processing_countries", "purposes", "reached_at", "data_categories")
NAMED = ("legal_entity", "lei", "seat_country", "transfer_basis", "parent")


def widens(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether an entry, as the file says it, goes beyond what it said. A new processor does, a new region does not."""
    if not before:
        return "role" in after
    return (
        any(set(after.get(key) or ()) - set(before.get(key) or ()) for key in LISTED)
        or any(before.get(key) and before.get(key) != after.get(key) for key in NAMED)
        or bool(after.get("private_network") and not before.get("private_network"))
        or _keeps_longer(before.get("retention_hours"), after.get("retention_hours"))
    )


def last_word(held: Mapping[str, Any], coming: Mapping[str, Any]) -> dict[str, Any]:
    """What customers know of an entry that is being changed: an announcement that leaves a name out hides none."""
    return {key: held[key] for key in NAMED if key in held} | dict(coming) if coming else dict(held)


def _keeps_longer(before: int | None, after: int | None) -> bool:
    return before is not None and (after is None or after > before)
