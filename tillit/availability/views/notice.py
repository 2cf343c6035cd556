"""Whether a notice reached people: for the operator as figures, for a customer as the names of its own people."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from tillit.availability import noticed, proving, queries
from tillit.availability.models import MaintenanceWindow, NoticeFigure, NoticeReach, WindowWork
from tillit.foundation.access import require
from tillit.foundation.requests import Request


@require_safe
def proof(request: Request, pk: int) -> HttpResponse:
    """For the operator: where the notice of a window stood since when, what was counted, and what ran in it."""
    require(request.actor, "availability.announce")
    window = get_object_or_404(MaintenanceWindow.objects.select_related("rule"), pk=pk)
    since, missing = proving.proven_since(window)
    context = {
        "window": window,
        "proofs": window.proofs.filter(sequence=window.sequence).order_by("place", "audience"),
        "missing": missing,
        "since": since,
        "in_time": since is not None and window.starts_at - since >= window.NOTICE,
        "figure": NoticeFigure.objects.filter(window=window).first(),
        "reached": noticed.reached(window),
        "work": WindowWork.objects.filter(window=window).order_by("started_at"),
        "zone": timezone.get_current_timezone_name(),
    }
    return render(request, "availability/notice.html", context)


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
        "zone": timezone.get_current_timezone_name(),
    }
    return render(request, "availability/receipt.html", context)
