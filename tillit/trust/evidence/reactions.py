"""When the register announces or ends a processor, subscribers hear of it."""

from __future__ import annotations

from tillit.foundation.access import Actor
from tillit.foundation.events import reaction
from tillit.foundation.models import Event
from tillit.trust.evidence.actions.lists import tell_subscribers
from tillit.trust.evidence.queries.lists import news_of


@reaction("trust.entry_announced")
@reaction("trust.entry_ended")
def tell_of_processors(actor: Actor, event: Event) -> None:
    news = news_of(event)
    if news is not None:
        tell_subscribers(Actor.system(actor.tenant), news=news[0], facts=news[1])
