"""Whether a notice reached people: for the operator as figures, for a customer as the names of its own people."""

from __future__ import annotations

from datetime import datetime

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from tillit.availability import noticed, proving, queries, words
from tillit.availability.models import MaintenanceWindow, NoticeFigure, NoticeProof, NoticeReach, WindowWork
from tillit.foundation.access import require
from tillit.foundation.clock import now
from tillit.foundation.requests import Request


@require_safe
def proof(request: Request, pk: int) -> HttpResponse:
    """For the operator: where the notice of a window stood since when, what was counted, and what ran in it."""
    require(request.actor, "availability.announce")
    window = get_object_or_404(MaintenanceWindow.objects.select_related("rule"), pk=pk)
    since, missing = proving.proven_since(window)
    tone, verdict = _verdict(window, since)
    regions = queries.regions()
    proofs = window.proofs.filter(sequence=window.sequence).order_by("place", "audience")
    context = {
        "window": window,
        "begun": window.starts_at <= now(),
        "tone": tone,
        "verdict": verdict,
        "places": [
            *((one.get_place_display(), _read_as(one.audience, regions), one.verified_at) for one in proofs),
            *((NoticeProof.Place(one.place).label, _read_as(one.audience, regions), None) for one in missing),
        ],
        "figure": NoticeFigure.objects.filter(window=window).first(),
        "reached": noticed.reached(window),
        "work": WindowWork.objects.filter(window=window).order_by("started_at"),
        "zone": timezone.get_current_timezone_name(),
    }
    return render(request, "availability/notice.html", context)


def _verdict(window: MaintenanceWindow, since: datetime | None) -> tuple[str, str]:
    """A tone, and whether work may begin in this window, or could have."""
    ahead = window.phase in (window.Phase.SCHEDULED, window.Phase.IN_PROGRESS)
    if window.phase == window.Phase.CANCELLED:
        return "idle", _("This window was called off: nothing begins in it.")
    if not window.is_planned:
        return "good", _("An emergency needs the word of two people instead of a day's notice.")
    if since is not None and window.starts_at - since >= window.NOTICE:
        if ahead:
            return "good", _("The notice stands everywhere in time: work may begin in this window.")
        return "good", _("The notice stood everywhere in time.")
    if not ahead:
        return "bad", _("The notice did not stand everywhere in time: no work could begin.")
    last = window.starts_at - window.NOTICE
    if since is None and now() < last:
        said = _("The notice was not yet read back from every place. Work may begin if it is by %(last)s.")
        return "warn", said % {"last": words.moment(last)}
    return "bad", _("The notice did not stand everywhere in time: no work will begin. Move the window.")


def _read_as(audience: str, regions: dict[str, str]) -> str:
    """`a/eu` as `Wave A, Europe`; nothing of a page that is everybody's."""
    wave, _slash, region = audience.partition("/")
    said = _("Wave %(wave)s") % {"wave": wave.upper()}
    return f"{said}, {regions.get(region, region)}" if audience else ""


@require_safe
def receipts(request: Request) -> HttpResponse:
    """For a customer: the windows that concern it, ahead and of 90 days, each with a receipt."""
    require(request.actor, "availability.read_receipt")
    mine = MaintenanceWindow.objects.concerning(request.tenant)
    lists = [
        (_("Announced maintenance"), mine.upcoming().within(queries.NOTICE_DAYS)),
        (_("The last 90 days"), mine.past(queries.PAST_DAYS).filter(cancelled_at=None)),
    ]
    return render(request, "availability/receipts.html", {"lists": lists})


@require_safe
def receipt(request: Request, pk: int) -> HttpResponse:
    """For a customer: who of its people was shown the notice of this window, and when. To print or to keep."""
    require(request.actor, "availability.read_receipt")
    window = get_object_or_404(MaintenanceWindow.objects.select_related("rule"), pk=pk)
    if not queries.concerns(window, request.tenant):
        raise Http404
    in_time = window.starts_at - window.NOTICE
    people = [(one, one.first_shown_at is not None and one.first_shown_at <= in_time) for one in noticed.people(window)]
    context = {
        "window": window,
        "people": people,
        "active": sum(one.is_active for one, _in_time in people),
        "shown": sum(one.is_active and shown for one, shown in people),
        "kept": NoticeReach.objects.filter(window=window).first(),
        "is_newcomer": request.tenant.created_at > in_time,
        "zone": timezone.get_current_timezone_name(),
    }
    return render(request, "availability/receipt.html", context)
