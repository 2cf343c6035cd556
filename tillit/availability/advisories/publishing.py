"""What becomes of an advisory in the public trust log."""

from __future__ import annotations

from typing import Any

from tillit.availability.advisories.models import Revision
from tillit.foundation.models import Event


def advisory(event: Event) -> dict[str, Any]:
    """The newest wording, as it was said."""
    newest = Revision.objects.select_related("advisory").filter(advisory=event.subject_id).latest("number")
    content = newest.content | {
        "id": newest.advisory.slug.upper(),
        "revision": newest.number,
        "because": newest.because,
    }
    return {"subject": f"advisories/{newest.advisory.slug}", "content": content}
