"""What a refused attempt puts into the public trust log."""

from __future__ import annotations

from typing import Any

from tillit.foundation.models import Event


def attempt(event: Event) -> dict[str, Any]:
    """That something wanted to go where the register does not let it: once a day for each kind of attempt.

    An address that a customer named is not public, only that there was one.
    """
    said, day = event.data, event.at.date()
    shown = said["own"] or said["processor"]
    place = f"{said['host']}:{said['port']}" if shown else "customer"
    content = {
        "day": day,
        "host": said["host"] if shown else None,
        "port": said["port"] if shown else None,
        "purpose": said["purpose"],
        "reason": said["reason"],
        "processor": said["processor"] or None,
    }
    return {"subject": f"refused/{day}/{place}/{said['purpose']}/{said['reason']}", "content": content}
