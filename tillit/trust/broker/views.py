"""The broker's pages: the operator's list of decisions, and what everybody may know, for programs."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from tillit.foundation import ways
from tillit.foundation.access import require
from tillit.foundation.cells import guard
from tillit.foundation.models import Tenant
from tillit.foundation.purposes import known_purposes
from tillit.foundation.requests import Request
from tillit.trust.broker import queries
from tillit.trust.broker.models import Decision
from tillit.trust.broker.queries import Declared, NamedPlaces, Refusal
from tillit.trust.broker.words import enforcement
from tillit.trust.publishing import public_page
from tillit.trust.views.machine import twin

PAGE = 50
MOST_EXPORTED = 20_000


@require_safe
def traffic(request: Request) -> HttpResponse:
    """What was asked of the broker, over all customers, refused attempts first."""
    require(request.actor, "broker.look")
    wanted = _wanted(request)
    before = request.GET.get("before", "")
    resumed = int(before) if before.isdecimal() and len(before) < 19 else None
    with queries.everybody():
        rows = list(queries.decisions(**wanted, before=resumed)[: PAGE + 1])
    kept = {name: value for name, value in request.GET.items() if name != "before" and value}
    older = urlencode(kept | {"before": rows[PAGE - 1].pk}) if len(rows) > PAGE else ""
    context = {
        "decisions": rows[:PAGE],
        "wanted": wanted,
        "asked": urlencode(kept),
        "rest": urlencode({name: value for name, value in kept.items() if name != "shown"}),
        "next": f"?{older}" if older else "",
        "tenants": Tenant.objects.order_by("name"),
        "purposes": known_purposes().items(),
        "state": _state(),
        "most": MOST_EXPORTED,
    }
    return render(request, "broker/traffic.html", context)


@require_safe
def export(request: Request) -> HttpResponse:
    """The same as CSV, the newest 20,000; times in the reader's zone."""
    require(request.actor, "broker.look")
    with queries.everybody():
        text = _as_csv(list(queries.decisions(**_wanted(request))[:MOST_EXPORTED]))
    response = HttpResponse(text.encode("utf-8", "replace"), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="traffic.csv"'
    return response


def _wanted(request: Request) -> dict[str, Any]:
    asked = {name: request.GET.get(name, "").strip()[:253].replace("\0", "") for name in ("tenant", "purpose", "host")}
    return {"refused": request.GET.get("shown") != "all", **asked}


def _state() -> dict[str, Any] | None:
    said = ways.broker_state()
    if said is None:
        return None
    return said | {"since": datetime.fromtimestamp(said["since"], UTC)}


def _as_csv(rows: list[Decision]) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    text.write("\ufeff")
    writer.writerow(
        [
            _("When"),
            _("Customer"),
            _("Processor"),
            _("Purpose"),
            _("Host"),
            _("Port"),
            _("Allowed"),
            _("Reason"),
            _("Bytes out"),
            _("Bytes in"),
            _("Seconds"),
        ]
    )
    for row in rows:
        at = localtime(row.at).isoformat(timespec="milliseconds")
        said = map(guard, (row.tenant.slug, row.processor, row.purpose, row.host))
        figures = [row.bytes_out, row.bytes_in, row.seconds]
        writer.writerow([at, *said, row.port, "1" if row.allowed else "0", row.reason, *figures])
    return text.getvalue()


@public_page
def flows_json(_request: Request) -> JsonResponse:
    found = queries.public_flows()
    named = [_named(one) for one in found.named]
    return twin(flows=[_declared(one) for one in found.declared], named=named, enforcement=enforcement().level)


@public_page
def refused_json(_request: Request) -> JsonResponse:
    found = queries.public_flows()
    return twin(refused=[_refusal(one) for one in found.refused], since=found.since, days=queries.SHOWN_FOR.days)


def _declared(one: Declared) -> dict[str, Any]:
    processor = one.processor
    return {
        "processor": processor.slug if processor else None,
        "purposes": processor.purposes if processor else [],
        "reached_at": processor.reached_at if processor else [],
        "in_force_at": processor.in_force_at if processor else None,
        "unused": one.unused,
        "observed": [
            {
                "processor": seen.processor or None,
                "purpose": seen.purpose,
                "last_contact": seen.last_at.date(),
                "volume": seen.volume.value,
            }
            for seen in one.seen
        ],
    }


def _named(one: NamedPlaces) -> dict[str, Any]:
    return {
        "purpose": one.purpose,
        "addresses": one.count,
        "last_contact": one.seen.last_at.date() if one.seen else None,
        "volume": one.seen.volume.value if one.seen else "none",
    }


def _refusal(one: Refusal) -> dict[str, Any]:
    return {
        "host": one.host or None,
        "port": one.port or None,
        "purpose": one.purpose,
        "reason": one.reason.value,
        "processor": one.processor or None,
        "times": one.times,
        "last_at": one.last_at,
    }
