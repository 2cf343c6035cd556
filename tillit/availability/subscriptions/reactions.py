"""What plan and status say reaches those who subscribed."""

from __future__ import annotations

from tillit.availability.subscriptions.actions.news import tell_news
from tillit.foundation.access import Actor
from tillit.foundation.events import reaction
from tillit.foundation.models import Event


@reaction("availability.incident_opened")
@reaction("availability.incident_updated")
@reaction("availability.incident_resolved")
@reaction("availability.incident_revised")
@reaction("availability.postmortem_published")
@reaction("availability.maintenance_announced")
@reaction("availability.maintenance_moved")
@reaction("availability.maintenance_revised")
@reaction("availability.maintenance_cancelled")
@reaction("availability.maintenance_completed")
@reaction("availability.component_state_changed")
@reaction("availability.component_measured")
def tell_subscribers(actor: Actor, event: Event) -> None:
    tell_news(Actor.system(actor.tenant), event=event)
