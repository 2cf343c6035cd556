"""Who acts on a public form, and what a subscriber's own page shows."""

from __future__ import annotations

from django.db.models import Count, Q
from django.utils import translation
from django.utils.translation import gettext as _

from tillit.availability import queries as status
from tillit.availability.models import Component
from tillit.availability.subscriptions.models import Delivery, Pause, Subscriber
from tillit.foundation.access import Actor
from tillit.foundation.texts import pick

SHOWN = 50


def visitor() -> Actor:
    """Somebody without an account: may subscribe, change and leave by a secret link, and nothing else."""
    return Actor(status.operating_tenant(), None, "visitor", frozenset({"subscriptions.subscribe"}))


def subscriber(pk: int | None) -> Subscriber | None:
    """With its webhook, if it has one."""
    return Subscriber.objects.select_related("endpoint", "tenant").filter(pk=pk).first() if pk else None


def recent_deliveries(subscriber: Subscriber) -> list[Delivery]:
    return list(subscriber.deliveries.order_by("-pk")[:SHOWN])


def counts() -> dict[str, int]:
    """How many hear, by mail and webhook, and how many have not confirmed yet. One query."""
    confirmed, mail = ~Q(confirmed_at=None), Q(way=Subscriber.Way.MAIL)
    return Subscriber.objects.aggregate(
        mail=Count("pk", filter=confirmed & mail),
        webhook=Count("pk", filter=confirmed & ~mail),
        unconfirmed=Count("pk", filter=~confirmed),
    )


def pauses() -> list[Pause]:
    """Mails that rest now, the newest first."""
    return list(Pause.objects.filter(ended_at=None).select_related("subscriber__tenant").order_by("-pk")[:SHOWN])


def part_choices() -> list[tuple[str, str]]:
    """Slug and name of every part, in the language that is active."""
    return [(component.slug, pick(component.name)[0]) for component in Component.objects.in_service()]


def choice_in_words(subscriber: Subscriber) -> list[str]:
    """What somebody asked to hear, a line each: kinds, parts, language, and of whose maintenance. In the subscriber's
    language, which is the one they read it in."""
    with translation.override(subscriber.language):
        called = {field.name: str(field.verbose_name) for field in Subscriber._meta.fields}
        lines = [called[kind] for kind in ("incidents", "maintenance", "reminders") if subscriber.wants(kind, ())]
        names = [name for slug, name in part_choices() if slug in subscriber.components]
        parts = ", ".join(names) or _("all, also those to come")
        lines.append(_("Parts of the service: %(parts)s") % {"parts": parts})
        if subscriber.tenant:
            lines.append(_("Of maintenance what concerns %(name)s") % {"name": subscriber.tenant.name})
        return [*lines, _("Language: %(language)s") % {"language": subscriber.get_language_display()}]
