"""The operator's calendar of windows."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tillit.availability import queries, words
from tillit.availability.actions.windows import (
    announce_maintenance,
    cancel_maintenance,
    complete_maintenance,
    move_maintenance,
)
from tillit.availability.forms.windows import (
    AnnouncementForm,
    CancellationForm,
    MoveForm,
)
from tillit.availability.models import MaintenanceWindow
from tillit.availability.views.typed import show, typed
from tillit.foundation.access import require
from tillit.foundation.errors import Refused
from tillit.foundation.requests import Request


def calendar(request: Request) -> HttpResponse:
    """Every window, announced and foreseen, and the form that announces one."""
    require(request.actor, "availability.announce")
    form = AnnouncementForm(typed(request))
    if form.is_valid():
        try:
            window = announce_maintenance(request.actor, **form.announcement())
        except Refused as refusal:
            show(refusal, form)
        else:
            messages.success(request, _("Announced: %(window)s.") % {"window": words.named(window)})
            return redirect("availability:calendar")
    return render(request, "availability/calendar.html", _calendar(form), status=422 if form.errors else 200)


def cancel(request: Request, pk: int) -> HttpResponse:
    require(request.actor, "availability.announce")
    window = get_object_or_404(MaintenanceWindow, pk=pk)
    form = CancellationForm(typed(request))
    if form.is_valid():
        try:
            cancel_maintenance(request.actor, window=window, **form.cleaned_data)
        except Refused as refusal:
            show(refusal, form)
        else:
            messages.success(request, _("Cancelled: %(window)s.") % {"window": words.named(window)})
            return redirect("availability:calendar")
    context = {"form": form, "window": window}
    return render(request, "availability/cancel.html", context, status=422 if form.errors else 200)


def move(request: Request, pk: int) -> HttpResponse:
    require(request.actor, "availability.announce")
    window = get_object_or_404(MaintenanceWindow, pk=pk)
    form = MoveForm(typed(request), initial={"starts_at": window.starts_at, "ends_at": window.ends_at})
    if form.is_valid():
        try:
            window = move_maintenance(request.actor, window=window, **form.cleaned_data)
        except Refused as refusal:
            show(refusal, form)
        else:
            messages.success(request, _("Moved: %(window)s.") % {"window": words.named(window)})
            return redirect("availability:calendar")
    context = {"form": form, "window": window, "zone": timezone.get_current_timezone_name()}
    return render(request, "availability/move.html", context, status=422 if form.errors else 200)


@require_POST
def complete(request: Request, pk: int) -> HttpResponse:
    window = get_object_or_404(MaintenanceWindow, pk=pk)
    try:
        complete_maintenance(request.actor, window=window)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Completed: %(window)s.") % {"window": words.named(window)})
    return redirect("availability:calendar")


def _calendar(form: AnnouncementForm) -> dict[str, object]:
    ahead = queries.windows_ahead()
    return {
        "form": form,
        "announced": [window for window in ahead if window.announced_at],
        "months": queries.by_month(queries.merged(window for window in ahead if not window.announced_at)),
        "routine": queries.routine_rules(),
        "past": queries.past_windows(),
        "zone": timezone.get_current_timezone_name(),
    }
