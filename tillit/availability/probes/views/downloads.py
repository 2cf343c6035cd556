"""Samples to download, what stands beside them, and both uptimes, for everybody.

A month is a file that the clock packed, a closed day a row; only a day that is still open is written for who asks. What
is closed never changes, and any cache may keep it for ever.
"""

from __future__ import annotations

import gzip
import json
import re
from datetime import UTC, date
from http import HTTPStatus

from allauth.core import ratelimit
from django.contrib.auth.decorators import login_not_required
from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from tillit.availability.api import problem
from tillit.availability.probes import archive, queries
from tillit.availability.probes.models import SampleDay
from tillit.availability.probes.reckoning import HEADER
from tillit.availability.serving import serve, takes_gzip
from tillit.foundation.clock import now
from tillit.foundation.requests import Request

MONTH, DAY = re.compile(r"\d{4}-\d\d"), re.compile(r"\d{4}-\d\d-\d\d")
FRESH, FOR_EVER = "public, max-age=60", "public, max-age=31536000, immutable"
EFFORT = 1  # of gzip: a day is small


@login_not_required
@require_safe
def months(request: Request) -> HttpResponse:
    """`GET /status/samples/`: every month that can be downloaded."""
    found = [(month, archive.samples_of(month).stat().st_size) for month in archive.months()]
    return render(request, "probes/samples.html", {"months": found, "site": request.build_absolute_uri("/")[:-1]})


@login_not_required
@require_safe
def samples(request: Request, period: str) -> HttpResponseBase:
    """`GET /status/samples/2026-11.csv` or `2026-11-22.csv`: every sample, as CSV; sent packed to who takes that."""
    try:
        first, last = _days(period)
    except ValueError:
        return _nothing()
    if refused := _too_many(request):
        return refused
    wants_packed = takes_gzip(request)
    found = _day(request, first, wants_packed) if DAY.fullmatch(period) else _month(request, period, last, wants_packed)
    if found.status_code == 200:
        found.headers["Content-Type"] = "text/csv"
        found.headers["Content-Disposition"] = f'attachment; filename="{period}.csv"'
        if wants_packed:
            found.headers["Content-Encoding"] = "gzip"
    found.headers["Access-Control-Allow-Origin"] = "*"
    patch_vary_headers(found, ["Accept-Encoding"])
    return found


@login_not_required
@require_safe
def beside(request: Request, month: str) -> HttpResponse:
    """`GET /status/samples/2026-11.json`: windows, parts and slots that a reckoning needs, and ours."""
    try:
        first, last = _days(month)
    except ValueError:
        first, last = date.max, date.min
    if not MONTH.fullmatch(month) or last < first:
        return _nothing()
    if refused := _too_many(request):
        return refused
    if archive.is_packed(month):
        return serve(request, archive.beside(month).read_bytes(), "application/json", seconds=60)
    told = queries.beside(month)
    return _json(request, told) if told["days"] else _not_kept()


@login_not_required
@require_safe
def uptime(request: Request) -> HttpResponse:
    """`GET /status/uptime.json`: raw and contractual, of 90 days and of each month."""
    return _json(request, queries.uptimes())


def _month(request: Request, month: str, last: date, wants_packed: bool) -> HttpResponseBase:
    """The file, as it is or unpacked on its way."""
    place = archive.samples_of(month)
    try:
        found = place.stat()
    except FileNotFoundError:
        return _not_kept()
    is_closed = not queries.is_open(last)
    etag = _etag(f"{found.st_mtime_ns:x}-{found.st_size:x}", wants_packed)
    if known := get_conditional_response(request, etag=etag):
        return _kept(known, etag, is_closed)
    if wants_packed:
        return _kept(FileResponse(place.open("rb")), etag, is_closed)
    return _kept(StreamingHttpResponse(archive.unpacked(place)), etag, is_closed)


def _day(request: Request, day: date, wants_packed: bool) -> HttpResponseBase:
    closed = SampleDay.objects.filter(day=day).defer("body").first()
    etag = _etag(closed.sha256[:32], wants_packed) if closed else ""
    if closed and (known := get_conditional_response(request, etag=etag)):
        return _kept(known, etag, True)
    if closed:
        lines = gzip.decompress(closed.body)
    else:
        lines = archive.lines_of(queries.open_lines(day)) or archive.lines_on(day)
    said = archive.lines_of([HEADER]) + lines
    return _kept(HttpResponse(gzip.compress(said, EFFORT) if wants_packed else said), etag, closed is not None)


def _kept(response: HttpResponseBase, etag: str, is_closed: bool) -> HttpResponseBase:
    if etag:
        response.headers["ETag"] = etag
    is_for_all = response.status_code != HTTPStatus.PRECONDITION_FAILED  # that one is about what somebody has
    response.headers["Cache-Control"] = FOR_EVER if is_closed and is_for_all else FRESH
    return response


def _etag(content: str, wants_packed: bool) -> str:
    return f'"{content}{"-gzip" if wants_packed else ""}"'


def _too_many(request: Request) -> HttpResponse | None:
    """The refusal of who has fetched too much, whichever of the documents it was."""
    if not ratelimit.consume_or_429(request, action="samples", limit_get=True):
        return None
    refused = problem(429, _("So many samples were fetched from this address; try again in a minute."))
    refused.headers["Retry-After"] = "60"
    return refused


def _not_kept() -> HttpResponse:
    return problem(404, _("No samples of this month are kept, or they are packed within the next five minutes."))


def _nothing() -> HttpResponse:
    return problem(404, _("There are samples of months (2026-11) and of days (2026-11-22)."))


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
