"""What this installation says of other logs, and where others say what they saw of ours."""

from __future__ import annotations

from allauth.core import ratelimit
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from tillit.foundation.access import Actor
from tillit.foundation.errors import Refused
from tillit.foundation.models import Tenant
from tillit.foundation.requests import Request
from tillit.trust.proof.actions.witness import take_cosignatures
from tillit.trust.proof.models.witness import WatchedLog
from tillit.trust.proof.notes import LONGEST_NOTE
from tillit.trust.proof.queries import witness
from tillit.trust.proof.views.tiles import FOR_SECONDS, TEXT, served


@served(FOR_SECONDS)
def key(_request: Request) -> HttpResponse:
    """Our verifier key as a witness (type 0x04), once we watch a log."""
    last = WatchedLog.objects.order_by("-seen_at").values_list("cosigner", flat=True).first()
    if last is None:
        raise Http404("no log is watched from here")
    return HttpResponse(f"{last}\n", content_type=TEXT)


@served(FOR_SECONDS)
def cosigned(_request: Request, address: str) -> HttpResponse:
    """The last checkpoint that we saw of a log, cosigned; `address` is the SHA-256 of its origin."""
    return HttpResponse(_watched(address).note, content_type=TEXT)


@served(FOR_SECONDS)
def evidence(_request: Request, address: str) -> JsonResponse:
    """The contradictions that we found: each two checkpoints signed by the log's own key."""
    found = [
        {"found_at": one.found_at, "reason": one.reason, "kept": one.kept, "shown": one.shown}
        for one in _watched(address).split_views.all()
    ]
    return JsonResponse({"split_views": found}, json_dumps_params={"ensure_ascii": False})


@csrf_exempt
@login_not_required
@require_POST
def take(request: Request) -> HttpResponse:
    """A checkpoint of ours with a known witness's cosignature, as text. Its signature is what authorises it."""
    if not ratelimit.consume(request, action="cosignatures"):
        return HttpResponse("Too many notes from this address; try again in a minute.\n", status=429, content_type=TEXT)
    note = request.read(LONGEST_NOTE + 1)
    if len(note) > LONGEST_NOTE:
        return HttpResponse("The note is too long.\n", status=413, content_type=TEXT)
    try:
        take_cosignatures(Actor.system(Tenant.objects.get(kind=Tenant.Kind.OPERATOR)), note=note)
    except Refused as refusal:
        return HttpResponse(f"{refusal}\n", status=403, content_type=TEXT)
    return HttpResponse(status=204)


def _watched(address: str) -> WatchedLog:
    found = witness.watched_at(address)
    if found is None:
        raise Http404("this log is not watched from here")
    return found
