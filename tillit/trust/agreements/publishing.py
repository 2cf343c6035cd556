"""What the public log learns of an agreement: that a version was published, with its hashes. Never a text."""

from __future__ import annotations

from typing import Any

from tillit.foundation.models import Event
from tillit.trust.agreements.models import AgreementVersion


def version(event: Event) -> dict[str, Any]:
    """The version the event is about, under its own subject: versions stay, however many follow."""
    found = AgreementVersion.objects.without_texts().get(agreement=event.data["agreement"], number=event.data["number"])
    content = {
        "agreement": found.agreement,
        "number": found.number,
        "version": found.label,
        "kind": found.kind,
        "audience": found.audience or "public",
        "binding_language": found.binding_language,
        "valid_from": found.valid_from.isoformat(),
        "published_at": found.published_at.isoformat(),
        "sha256": found.sha256,
    }
    return {"subject": f"agreements/{found.agreement}/{found.number}", "content": content}
