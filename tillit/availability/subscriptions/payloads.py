"""What a webhook says: Statuspage's webhook (`page`, and `incident` or `component_update` with `component`), beside
`type`, `timestamp` and `data` as Standard Webhooks recommends."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.urls import reverse
from django.utils import translation

from tillit.availability import statuspage
from tillit.availability.calendars import address
from tillit.availability.models import Component, Incident, MaintenanceWindow
from tillit.availability.subscriptions import letters, tokens
from tillit.availability.subscriptions.models import Subscriber
from tillit.availability.subscriptions.things import Thing
from tillit.foundation.clock import now

Json = dict[str, Any]
CHALLENGE = "endpoint.challenge"


def write(subscriber: Subscriber, thing: Thing) -> str:
    """The body, in the language of who looks after the webhook."""
    with translation.override(subscriber.language):
        site = letters.site_of(subscriber)
        page = statuspage.Page.now(f"{site}{reverse('availability:status')}", subscriber.tenant)
        entry = thing.entry(subscriber.language)
        data = {
            "id": thing.key,
            "kind": entry.kind,
            "title": entry.title,
            "text": entry.plain,
            "components": list(thing.components),
            "url": address(page.url, entry.place),
        }
        told = _frame(f"{_noun(thing)}.{entry.kind}", statuspage.moment(thing.at), data)
        return json.dumps(told | _meta(subscriber, site) | _page(page) | _subject(page, thing), ensure_ascii=False)


def challenge(subscriber: Subscriber, word: str) -> str:
    """Asks the server whether it wants to be called: answering with 2xx is a yes."""
    told = _frame(CHALLENGE, statuspage.moment(now()), {"challenge": word})
    return json.dumps(told | _meta(subscriber, letters.site_of(subscriber)), ensure_ascii=False)


def _frame(kind: str, at: str, data: Json) -> Json:
    return {"type": kind, "timestamp": at, "data": data}


def _noun(thing: Thing) -> str:
    return {"incidents": "incident", "components": "component"}.get(thing.of, "maintenance")


def _meta(subscriber: Subscriber, site: str) -> Json:
    unsubscribe = letters.link(subscriber, "leave", tokens.LEAVE)
    documentation = f"{site}{reverse('subscriptions:webhook')}"
    return {
        "meta": {"unsubscribe": unsubscribe, "documentation": documentation, "generated_at": statuspage.moment(now())}
    }


def _page(page: statuspage.Page) -> Json:
    return {"page": {"id": page.id, "status_indicator": page.indicator, "status_description": page.description}}


def _subject(page: statuspage.Page, thing: Thing) -> Json:
    about = thing.about
    if isinstance(about, Component):
        return _component(page, about, thing)
    written: Callable[[Any], Json] = page.incident if isinstance(about, Incident) else page.maintenance
    return (
        {"incident": {"backfilled": False} | written(about)} if isinstance(about, Incident | MaintenanceWindow) else {}
    )


def _component(page: statuspage.Page, component: Component, thing: Thing) -> Json:
    before, after = (statuspage.STATUSES.get(state, state) for state in thing.change)
    written = page.component(component)
    update = {
        "id": f"e{thing.key.rpartition('/')[2]}",
        "created_at": statuspage.moment(thing.at),
        "old_status": before,
        "new_status": after,
        "component_id": written["id"],
    }
    return {"component_update": update, "component": written}
