"""One round to a watched log: look, cosign or keep the evidence, and tell the log. Network first, then the database."""

from __future__ import annotations

from dataclasses import dataclass

import httpx

from tillit.foundation.access import Actor
from tillit.trust.proof.actions import witness as actions
from tillit.trust.proof.fetching import Site
from tillit.trust.proof.models.witness import WatchedLog
from tillit.trust.proof.queries import witness as queries
from tillit.trust.proof.witnessing import visit


@dataclass(frozen=True)
class Round:
    """What came of it. `contradiction` is empty when all is well; `told`: the log took our cosignature."""

    log: WatchedLog
    contradiction: str
    told: bool


def watch(actor: Actor, url: str, transport: httpx.BaseTransport | None = None) -> Round:
    """Raises Unreachable, or Refused where the way out is shut."""
    site = Site(url, transport)
    held = WatchedLog.objects.filter(url=site.name).first()
    seen = visit(site, queries.known(held))
    if seen.reason and held is not None:
        actions.keep_split_view(actor, log=held, seen=seen)
        return Round(held, seen.reason, told=False)
    log = actions.cosign_log(actor, url=site.name, seen=seen)
    return Round(log, "", told=site.post("/trust/log/cosignatures", log.note.encode()))
