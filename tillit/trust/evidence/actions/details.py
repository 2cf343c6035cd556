"""What a customer types for its register of information."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tillit.foundation.access import Actor, action, even_in_maintenance, require
from tillit.foundation.clock import now
from tillit.foundation.events import record
from tillit.trust.evidence.models import ReportingDetails


@action
@even_in_maintenance
def remember_details(actor: Actor, *, details: Mapping[str, Any]) -> ReportingDetails:
    """Keep what only the customer knows, for the next time. Raises ValidationError for a wrong value."""
    require(actor, "evidence.download")
    held = ReportingDetails.objects.select_for_update().first() or ReportingDetails(tenant=actor.tenant)
    for name, value in details.items():
        setattr(held, name, value)
    held.changed_at = now()
    held.full_clean()
    held.save()
    record(actor, "evidence.details_remembered", held)
    return held
