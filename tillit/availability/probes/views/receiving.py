"""`POST /status/samples`: what probers deliver."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse, JsonResponse
from django.utils.dateparse import parse_datetime
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from tillit.availability.api import problem
from tillit.availability.probes.actions.samples import Measured, note_refusal, take_samples
from tillit.availability.probes.models import Prober
from tillit.availability.probes.signing import FOR_GOOD, MOST_BYTES, MOST_SAMPLES, SKEW_SECONDS, is_signed
from tillit.availability.queries import operating_tenant
from tillit.foundation.access import Actor
from tillit.foundation.clock import now
from tillit.foundation.requests import Request

WHAT = re.compile(r"[a-z0-9_-]{0,20}")
LONGEST = 3_600_000  # milliseconds


@csrf_exempt  # signed, and without a cookie
@login_not_required
@require_POST
def samples(request: Request) -> HttpResponse:
    """Who signs with a registered key delivers; delivered again, it is harmless. Errors as RFC 9457, in English.

    400 and 413 are about the delivery itself, and of a `type` of their own; 401, 409 (clocks) and 421 (host) may be
    over in a while.
    """
    announced = request.META.get("CONTENT_LENGTH") or "0"
    if not announced.isdigit() or int(announced) > MOST_BYTES:
        return problem(413, f"A delivery has at most {MOST_BYTES} bytes.", FOR_GOOD)
    prober = Prober.objects.at_work().filter(name=request.headers.get("Tillit-Prober", "")).exclude(key="").first()
    if prober is None or not is_signed(prober.key, request.headers.get("Tillit-Signature", ""), request.body):
        return problem(401, "No prober at work has signed this.")
    try:
        told = json.loads(request.body)
        if told["to"] != settings.BASE_HOST:
            return problem(421, "This delivery is for another host.")
        if abs(_moment(told["sent_at"]) - now()) > timedelta(seconds=SKEW_SECONDS):
            return problem(409, f"The clocks differ by more than {SKEW_SECONDS} seconds, or this was sent long ago.")
        found = [_measured(one) for one in told["samples"]]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        note_refusal(Actor.system(operating_tenant()), prober=prober)
        return problem(400, "This is no delivery of samples.", FOR_GOOD)
    if len(found) > MOST_SAMPLES:
        return problem(413, f"A delivery has at most {MOST_SAMPLES} samples.", FOR_GOOD)
    taken = take_samples(Actor.system(operating_tenant()), prober=prober, samples=found)
    return JsonResponse({"new": taken.new, "known": taken.known, "refused": taken.refused})


def _measured(told: dict[str, Any]) -> Measured:
    ok, milliseconds, what = told["ok"], told.get("milliseconds"), told.get("what", "")
    if ok not in (True, False, None) or not WHAT.fullmatch(what):
        raise ValueError("ok, what")
    if milliseconds is not None and not (type(milliseconds) is int and 0 <= milliseconds <= LONGEST):
        raise ValueError("milliseconds")
    return Measured(str(told["probe"])[:20], _moment(told["at"]), ok, milliseconds, what)


def _moment(text: str) -> datetime:
    """A time with its zone."""
    found = parse_datetime(text)
    if found is None or found.tzinfo is None:
        raise ValueError(text)
    return found
