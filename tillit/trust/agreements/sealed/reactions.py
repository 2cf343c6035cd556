"""A published version gets its sealed PDF."""

from __future__ import annotations

from tillit.foundation.access import Actor
from tillit.foundation.events import reaction
from tillit.foundation.jobs import later
from tillit.foundation.models import Event


@reaction("agreements.published")
def seal(actor: Actor, event: Event) -> None:
    later("sealed.document", Actor.system(actor.tenant), version_id=event.subject_id)
