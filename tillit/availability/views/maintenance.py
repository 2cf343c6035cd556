"""The operator's calendar of windows, and what is done with one of them."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from dateutil.relativedelta import relativedelta
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tillit.availability import grid, previewing, queries, words
from tillit.availability.actions.windows import cancel_maintenance, complete_maintenance, move_maintenance
from tillit.availability.forms.windows import CancellationForm, MoveForm
from tillit.availability.models import Component, Incident, MaintenanceWindow
from tillit.availability.views.announcing import announce
from tillit.availability.views.typed import clicked, show, typed
from tillit.foundation.access import require
from tillit.foundation.clock import now
from tillit.foundation.errors import Refused
from tillit.foundation.requests import Request
from tillit.foundation.texts import pick

STEPS = {"month": relativedelta(months=1), "week": relativedelta(weeks=1)}


def calendar(request: Request) -> HttpResponse:
    """Every window, by month, by week, or as a list; what is sent here is an announcement."""
    if request.method == "POST":
        return announce(request)
    require(request.actor, "availability.announce")
    shown = request.GET.get("view", "month")
    if shown not in STEPS:
        return render(request, "availability/calendar.html", _list() | {"view": "list"})
    at = _day(request.GET.get("at", ""))
    context = {
        "view": shown,
        "grid": (grid.week if shown == "week" else grid.month)(at),
        "at": at,
        "before": at - STEPS[shown],
        "after": at + STEPS[shown],
        "hours": MaintenanceWindow.NOTICE // timedelta(hours=1),
        "zone": timezone.get_current_timezone_name(),
    }
    return render(request, "availability/calendar.html", context)


def window(request: Request, pk: int) -> HttpResponse:
    """One window: what was announced of it, what it collides with, what went wrong in it."""
    require(request.actor, "availability.announce")
    found = get_object_or_404(
        MaintenanceWindow.objects.select_related("rule", "announced_by", "cancelled_by").prefetch_related(
            "versions__replaced_by"
        ),
        pk=pk,
    )
    anew = [version for version in found.versions.all() if version.replaced_at == found.announced_at]
    context = {
        "window": found,
        "announcer": anew[-1].replaced_by if anew else found.announced_by,  # with these times; None: the plan
        "conflicts": previewing.conflicts(found) if found.phase == found.Phase.SCHEDULED else (),
        "incidents": Incident.objects.filter(window=found),
        "parts": [pick(part.name)[0] for part in Component.objects.filter(slug__in=found.components)],
        "zone": timezone.get_current_timezone_name(),
    }
    return render(request, "availability/window.html", context)


def cancel(request: Request, pk: int) -> HttpResponse:
    require(request.actor, "availability.announce")
    found = get_object_or_404(MaintenanceWindow, pk=pk)
    form = CancellationForm(typed(request))
    if form.is_valid():
        try:
            cancel_maintenance(request.actor, window=found, **form.cleaned_data)
        except Refused as refusal:
            show(refusal, form)
        else:
            messages.success(request, _("Cancelled: %(window)s.") % {"window": words.named(found)})
            return redirect("availability:calendar")
    context = {"form": form, "window": found}
    return render(request, "availability/cancel.html", context, status=422 if form.errors else 200)


def move(request: Request, pk: int) -> HttpResponse:
    """Other times and why; `?to=` says where it was dropped. What would be refused is told before anything is typed."""
    require(request.actor, "availability.announce")
    found = get_object_or_404(MaintenanceWindow.objects.select_related("rule"), pk=pk)
    times = _dropped(request, found)
    form = MoveForm(typed(request), initial=times)
    if form.is_valid():
        try:
            found = move_maintenance(request.actor, window=found, **form.cleaned_data)
        except Refused as refusal:
            show(refusal, form)
        else:
            messages.success(request, _("Moved: %(window)s.") % {"window": words.named(found)})
            return redirect("availability:calendar")
    context = {
        "form": form,
        "window": found,
        "refusal": "" if form.is_bound else _would_be_refused(found, times),
        "zone": timezone.get_current_timezone_name(),
    }
    return render(request, "availability/move.html", context, status=422 if form.errors else 200)


@require_POST
def complete(request: Request, pk: int) -> HttpResponse:
    found = get_object_or_404(MaintenanceWindow, pk=pk)
    try:
        complete_maintenance(request.actor, window=found)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Completed: %(window)s.") % {"window": words.named(found)})
    return redirect("availability:calendar")


def _dropped(request: Request, found: MaintenanceWindow) -> dict[str, datetime]:
    """The times of a window that was dropped on a day or an hour: as long by the clock as it was."""
    begins, ends = (timezone.localtime(at).replace(tzinfo=None) for at in (found.starts_at, found.ends_at))
    dropped = clicked(request.GET.get("to", ""), begins.time())
    if dropped is None:
        return {"starts_at": found.starts_at, "ends_at": found.ends_at}
    zone = timezone.get_current_timezone()
    return {
        "starts_at": dropped.replace(tzinfo=zone),
        "ends_at": (dropped + (ends - begins)).replace(tzinfo=zone),
    }


def _would_be_refused(found: MaintenanceWindow, times: dict[str, datetime]) -> str:
    if times == {"starts_at": found.starts_at, "ends_at": found.ends_at}:
        return ""
    return previewing.refusal_of_move(found, **times)


def _day(typed_in: str) -> date:
    """The day that is looked at: within what calendars of computers know, else today."""
    today = timezone.localdate(now())
    try:
        day = date.fromisoformat(typed_in)
    except ValueError:
        return today
    return day if abs(day.year - today.year) <= 5 else today


def _list() -> dict[str, object]:
    ahead = queries.windows_ahead()
    return {
        "announced": [window for window in ahead if window.announced_at],
        "months": queries.by_month(queries.merged(window for window in ahead if not window.announced_at)),
        "routine": queries.routine_rules(),
        "past": queries.past_windows(),
        "zone": timezone.get_current_timezone_name(),
    }
