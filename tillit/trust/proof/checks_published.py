"""What a check's change of answer puts into the public trust log."""

from __future__ import annotations

from typing import Any

from tillit.foundation.models import Event


def changed(event: Event) -> dict[str, Any]:
    """That the check failed, or that it is well again, and what it found; in English, with its figures."""
    name = event.data["check"]
    said = {"check": name, "ok": event.name == "proof.check_recovered", **event.data}
    return {"subject": f"checks/{name}", "content": said}
