"""«My trust page» and what hangs on it: a customer's own view of the trust centre."""

from __future__ import annotations

import csv
from typing import Any

from django.conf import settings
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from tillit.foundation.access import require
from tillit.foundation.cells import guard
from tillit.foundation.requests import Request
from tillit.trust.evidence import clauses
from tillit.trust.evidence.addresses import address
from tillit.trust.evidence.queries.annexes import annexes as made_annexes
from tillit.trust.evidence.queries.annexes import own_record, processing_record
from tillit.trust.evidence.queries.cloud import Cloud
from tillit.trust.evidence.queries.mine import my_trust_page


@require_safe
def page(request: Request) -> HttpResponse:
    """Where my data lies, who touches it, what holds, and what shows it."""
    require(request.actor, "evidence.read")
    cloud = Cloud(request.tenant)
    context = _of(cloud) | {
        "page": my_trust_page(cloud),
        "cell": settings.BASE_HOST,
        "bundle": address("sealed:bundle"),
    }
    return render(request, "evidence/mine.html", context)


@require_safe
def dora(request: Request) -> HttpResponse:
    require(request.actor, "evidence.read")
    cloud = Cloud(request.tenant)
    context = _of(cloud) | {"table": clauses.table("dora"), "rows": clauses.rows("dora", cloud)}
    return render(request, "evidence/dora_mine.html", context)


@require_safe
def gdpr(request: Request) -> HttpResponse:
    require(request.actor, "evidence.read")
    cloud = Cloud(request.tenant)
    context = _of(cloud) | {
        "table": clauses.table("gdpr"),
        "rows": clauses.rows("gdpr", cloud),
        "record": processing_record(cloud),
        "own_record": own_record(cloud),
    }
    return render(request, "evidence/gdpr_mine.html", context)


@require_safe
def annexes(request: Request) -> HttpResponse:
    require(request.actor, "evidence.read")
    found = made_annexes((get_language() or "en")[:2], request.tenant)
    return render(request, "evidence/annexes_mine.html", {"found": found})


@require_safe
def record_json(request: Request) -> JsonResponse:
    """The record of GDPR Article 30(2) for programs."""
    require(request.actor, "evidence.download")
    record = processing_record(Cloud(request.tenant))
    answer = JsonResponse(record, json_dumps_params={"ensure_ascii": False, "indent": 1})
    return _as_file(answer, request, "json")


@require_safe
def record_csv(request: Request) -> HttpResponse:
    """The same as a table: part, then label and value, or the cells of a row."""
    require(request.actor, "evidence.download")
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer.write("\ufeff")  # spreadsheets take it for UTF-8 then
    writer = csv.writer(answer)
    for part in processing_record(Cloud(request.tenant))["parts"]:
        lines = [part["table"]["head"], *part["table"]["rows"]] if "table" in part else part["facts"]
        writer.writerows([part["title"], *map(guard, line)] for line in lines)
    return _as_file(answer, request, "csv")


def _of(cloud: Cloud) -> dict[str, Any]:
    held = cloud.operator
    return {"cloud": cloud, "operator": held, "order": held.languages if held else []}


def _as_file(answer: Any, request: Request, ending: str) -> Any:
    answer.headers["Content-Disposition"] = f'attachment; filename="gdpr-30-2-{request.tenant.slug}.{ending}"'
    return answer
