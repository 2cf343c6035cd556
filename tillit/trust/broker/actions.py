"""Keeping what the broker decided."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict
from datetime import timedelta
from typing import NamedTuple

from django.db import connection
from django.utils import timezone

from tillit.foundation.access import Actor, action, require
from tillit.foundation.events import record
from tillit.foundation.models import Event, Tenant
from tillit.foundation.purposes import named_purposes
from tillit.foundation.tenancy import in_tenant
from tillit.trust.broker.journal import Decided
from tillit.trust.broker.models import BY_RULE, NOBODY_THERE

ONCE_IN = timedelta(minutes=1)  # one event of the same refusal
MOST_EVENTS = 60  # within it; every single refusal is a decision anyway

# One statement, so that a decision and its day's sum never differ, and telling the same twice adds nothing.
KEEP = """
WITH told AS (
    SELECT mark, %(tenant)s::bigint AS tenant_id, to_timestamp(at) AS at, processor, purpose, host, port,
           allowed, reason, bytes_out, bytes_in, seconds
    FROM jsonb_to_recordset(%(decided)s::jsonb) AS t(mark uuid, at float8, processor text, purpose text, host text,
         port int, allowed bool, reason text, bytes_out bigint, bytes_in bigint, seconds float8)
), kept AS (
    INSERT INTO broker_decision
        (mark, tenant_id, at, processor, purpose, host, port, allowed, reason, bytes_out, bytes_in, seconds)
    SELECT * FROM told ON CONFLICT (mark) DO NOTHING
    RETURNING tenant_id, at, processor, purpose, host, port, allowed, reason, bytes_out, bytes_in
), summed AS (
    INSERT INTO broker_flow
        (tenant_id, day, processor, purpose, host, port, reason, contacts, bytes_out, bytes_in, last_at)
    SELECT tenant_id, (at AT TIME ZONE 'UTC')::date, processor, purpose, host, port,
           CASE WHEN allowed THEN '' ELSE reason END, count(*), sum(bytes_out), sum(bytes_in), max(at)
    FROM kept WHERE NOT allowed OR reason <> ALL (%(nobody)s)
    GROUP BY 1, 2, 3, 4, 5, 6, 7 ORDER BY 1, 2, 3, 4, 5, 6, 7
    ON CONFLICT (tenant_id, day, processor, purpose, host, port, reason) DO UPDATE
    SET contacts = broker_flow.contacts + excluded.contacts, bytes_out = broker_flow.bytes_out + excluded.bytes_out,
        bytes_in = broker_flow.bytes_in + excluded.bytes_in, last_at = greatest(broker_flow.last_at, excluded.last_at)
)
SELECT processor, purpose, host, port, reason, count(*)
FROM kept WHERE reason = ANY (%(by_rule)s) AND NOT allowed GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
"""


class Refusal(NamedTuple):
    """What a rule refused, alike ones together."""

    processor: str
    purpose: str
    host: str
    port: int
    reason: str
    times: int


@action
def record_decisions(actor: Actor, *, decided: Iterable[Decided]) -> None:
    """Keep what the broker decided and add it to the day's sums; what is known already changes nothing.

    What a rule refused becomes an event in the operator's tenant, the same refusal once a minute.
    """
    require(actor, "broker.record")
    by_tenant: dict[int, list[Decided]] = defaultdict(list)
    for one in decided:
        by_tenant[one.tenant or actor.tenant.pk].append(one)
    recently = Event.objects.filter(name="broker.refused", at__gt=timezone.now() - ONCE_IN)
    told = {(said["host"], said["purpose"], said["reason"]) for said in recently.values_list("data", flat=True)}
    for tenant in Tenant.objects.filter(pk__in=by_tenant).order_by("pk"):
        for refusal in _keep(tenant, by_tenant[tenant.pk]):
            key = (refusal.host, refusal.purpose, refusal.reason)
            if key not in told and len(told) < MOST_EVENTS:
                told.add(key)
                own = tenant == actor.tenant and refusal.purpose not in named_purposes()
                record(actor, "broker.refused", own=own, **refusal._asdict())


def _keep(tenant: Tenant, decided: list[Decided]) -> list[Refusal]:
    with in_tenant(tenant, action="trust.record_decisions"), connection.cursor() as cursor:
        cursor.execute(
            KEEP,
            {
                "tenant": tenant.pk,
                "decided": json.dumps([asdict(one) for one in decided]),
                "nobody": [str(reason) for reason in NOBODY_THERE],
                "by_rule": [str(reason) for reason in BY_RULE],
            },
        )
        return [Refusal(*row) for row in cursor.fetchall()]
