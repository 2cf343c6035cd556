"""The log's own work."""

from __future__ import annotations

from procrastinate import RetryStrategy

from tillit.foundation.access import Actor
from tillit.foundation.jobs import job
from tillit.trust.proof.actions import log


@job("proof.log_event", lock="proof.log", retry=RetryStrategy(max_attempts=8, exponential_wait=3))
def log_event(actor: Actor, *, event_id: int) -> None:
    log.log_event(actor, event_id=event_id)
