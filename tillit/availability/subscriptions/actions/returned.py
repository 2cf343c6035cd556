"""Mails that came back: after several in a row nothing more is sent there, until the subscriber says so."""

from __future__ import annotations

from datetime import timedelta
from itertools import takewhile

from tillit.availability.subscriptions.models import Pause, Subscriber
from tillit.foundation.access import Actor, action, even_in_maintenance, require
from tillit.foundation.clock import now
from tillit.foundation.events import record
from tillit.foundation.models import CameBack, OutgoingMail
from tillit.foundation.returning import FOR_GOOD

IN_A_ROW = 3  # letters to an address, the newest ones, all of which came back for good
SPREAD = timedelta(hours=72)  # from the first of them to the newest, so that no bad hour of a mail server is for good
LATELY = timedelta(days=1)  # returns are looked at every ten minutes


@action
def pause_returned(actor: Actor) -> int:
    """Let mails rest to addresses from which all came back for good for three days; returns to how many."""
    require(actor, "subscriptions.tell")
    returned = CameBack.objects.filter(code__in=FOR_GOOD, at__gt=now() - LATELY)
    concerned = Subscriber.objects.reachable().filter(way=Subscriber.Way.MAIL, email__in=returned.values("mail__to"))
    paused = 0
    for subscriber in concerned.select_for_update(of=("self",)):
        because = _why(subscriber)
        if because is not None:
            Pause.objects.create(subscriber=subscriber, at=now(), because=because)
            record(actor, "subscriptions.paused", subscriber)
            paused += 1
    return paused


@action
@even_in_maintenance
def resume(actor: Actor, *, subscriber_id: int) -> bool:
    """Send mails again; what came back before counts no longer. False where nothing rested."""
    require(actor, "subscriptions.subscribe")
    subscriber = Subscriber.objects.select_for_update(of=("self",)).filter(pk=subscriber_id).first()
    if subscriber is None or not subscriber.pauses.filter(ended_at=None).update(ended_at=now()):
        return False
    record(actor, "subscriptions.resumed", subscriber)
    return True


def _why(subscriber: Subscriber) -> str | None:
    """What was said of the newest letter; None where too few of the last ones came back for good, or too soon.

    Asked is what was said and not how it was understood: that was more severe once.
    """
    last = subscriber.pauses.order_by("-pk").first()
    since = last.ended_at if last else subscriber.confirmed_at
    sent = OutgoingMail.objects.filter(to=subscriber.email, queued_at__gt=since).exclude(sent_at=None).order_by("-pk")
    newest = sent.values_list("sent_at", "came_back__code", "came_back__said")
    back = list(takewhile(lambda letter: letter[1] in FOR_GOOD, newest.iterator(IN_A_ROW)))
    times = [sent_at for sent_at, _code, _said in back if sent_at]
    if len(times) < IN_A_ROW or times[0] - times[-1] < SPREAD:
        return None
    _sent_at, code, said = back[0]
    return f"{code} {said}".strip().replace(subscriber.email, "…")
