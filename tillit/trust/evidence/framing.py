"""What the frame of every public page here needs."""

from __future__ import annotations

from typing import Any

from tillit.foundation.requests import Request
from tillit.trust.evidence.queries.cloud import Cloud


def framed(request: Request, cloud: Cloud, **context: Any) -> dict[str, Any]:
    """A language asked for in the address is kept on the way."""
    held = cloud.operator
    return context | {
        "cloud": cloud,
        "operator": held,
        "operator_name": held.name if held else "",
        "example_data": bool(held and held.example_data),
        "order": held.languages if held else [],
        "changed_at": cloud.changed_at,
        "asked": f"?lang={request.LANGUAGE_CODE}" if "lang" in request.GET else "",
    }
