"""Samples to download, what stands beside them, and both uptimes, for everybody."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Iterator
from datetime import UTC, date

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from tillit.availability.api import problem
from tillit.availability.probes import queries
from tillit.availability.serving import serve
from tillit.foundation.clock import now
from tillit.foundation.requests import Request

GZIP = 16 + zlib.MAX_WBITS  # with the header of gzip, not of zlib
MONTH, DAY = re.compile(r"\d{4}-\d\d"), re.compile(r"\d{4}-\d\d-\d\d")


@login_not_required
@require_safe
def samples(request: Request, period: str) -> HttpResponseBase:
    """`GET /status/samples/2026-11.csv` or `2026-11-22.csv`: every sample, as CSV; sent packed to who takes that."""
    try:
        first, last = _days(period)
    except ValueError:
        return problem(404, _("There are samples of months (2026-11) and of days (2026-11-22)."))
    wants_packed = "gzip" in request.headers.get("Accept-Encoding", "")
    members = queries.members(first, last)
    lines = _unpacked(members)
    response = StreamingHttpResponse(_packed(lines) if wants_packed else lines, content_type="text/csv")
    if wants_packed:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Content-Disposition"] = f'attachment; filename="{period}.csv"'
    response.headers["Cache-Control"] = "public, max-age=60"
    response.headers["Access-Control-Allow-Origin"] = "*"
    patch_vary_headers(response, ["Accept-Encoding"])
    return response


@login_not_required
@require_safe
def beside(request: Request, month: str) -> HttpResponse:
    """`GET /status/samples/2026-11.json`: windows, parts and slots that a reckoning needs, and ours."""
    try:
        first, last = _days(month)
    except ValueError:
        first, last = date.max, date.min
    if not MONTH.fullmatch(month) or last < first:
        return problem(404, _("There are samples of months (2026-11) and of days (2026-11-22)."))
    return _json(request, queries.beside(month))


@login_not_required
@require_safe
def uptime(request: Request) -> HttpResponse:
    """`GET /status/uptime.json`: raw and contractual, of 90 days and of each month."""
    return _json(request, queries.uptimes())


def _json(request: Request, told: queries.Json) -> HttpResponse:
    body = json.dumps(told, ensure_ascii=False).encode()
    return serve(request, body, "application/json", seconds=60)


def _days(period: str) -> tuple[date, date]:
    if period[:4] > f"{now():%Y}":  # before anything is reckoned: a calendar's last month has no next one
        raise ValueError(period)
    if MONTH.fullmatch(period):
        first, last = queries.first_and_last(period)
    elif DAY.fullmatch(period):
        first = last = date.fromisoformat(period)
    else:
        raise ValueError(period)
    if first > now().astimezone(UTC).date():
        raise ValueError(period)
    return first, last


def _unpacked(members: Iterator[bytes]) -> Iterator[bytes]:
    for member in members:
        yield gzip.decompress(member)


def _packed(lines: Iterator[bytes]) -> Iterator[bytes]:
    """Packed anew, as one: most readers of HTTP stop after the first of several gzip members."""
    packer = zlib.compressobj(1, zlib.DEFLATED, GZIP)
    for part in lines:
        yield packer.compress(part)
    yield packer.flush()
