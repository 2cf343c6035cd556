"""The log's own work."""

from __future__ import annotations

import logging

from procrastinate import RetryStrategy

from tillit.foundation.access import Actor
from tillit.foundation.errors import Refused
from tillit.foundation.jobs import by_the_clock, job
from tillit.foundation.outbound import Transport
from tillit.trust.proof.actions import log
from tillit.trust.proof.fetching import Unreachable
from tillit.trust.proof.queries.witness import watched
from tillit.trust.proof.watching import watch

PURPOSE = "witness"
messages = logging.getLogger(__name__)


@job("proof.log_event", retry=RetryStrategy(max_attempts=8, exponential_wait=3))
def log_event(actor: Actor, *, event_id: int) -> None:
    log.log_event(actor, event_id=event_id)


@by_the_clock("proof.watch_logs", "23 * * * *")
def watch_logs(actor: Actor) -> None:
    for one in watched():
        try:
            watch(actor, one.url, Transport(None, PURPOSE))
        except (Unreachable, Refused) as error:  # the next hour tries again
            messages.warning("%s was not watched: %s", one.origin, error)
