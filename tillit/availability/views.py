"""Status pages for everybody, and the operator's pages for maintenance and incidents."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.forms import Form
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from tillit.availability import actions, queries, vectors, words
from tillit.availability.forms import (
    AnnouncementForm,
    CancellationForm,
    ComponentForm,
    IncidentForm,
    MoveForm,
    ResolutionForm,
    UpdateForm,
)
from tillit.availability.models import Component, Incident, MaintenanceWindow
from tillit.availability.zone import in_operators_time
from tillit.foundation.access import require
from tillit.foundation.clock import now
from tillit.foundation.errors import Refused
from tillit.foundation.requests import Request


@login_not_required
@require_safe
@cache_control(public=True, max_age=30)
@in_operators_time
def status(request: Request) -> HttpResponse:
    """The state in one sentence, what is announced, the year ahead, the last ninety days."""
    told = queries.current_status()
    ahead = queries.merged(queries.windows_ahead())
    context = {
        "status": told,
        "components": [(one, queries.shown_state(one, told.active)) for one in told.components],
        "active": queries.merged(told.active),
        "announced": [found for found in ahead if found.is_announced and not found.is_active],
        "months": queries.by_month(found for found in ahead if not found.is_active),
        "routine": queries.routine_rules(),
        "past_windows": queries.past_windows(),
        "past_incidents": queries.past_incidents(),
        "notice_hours": MaintenanceWindow.NOTICE // timedelta(hours=1),
        "at": now(),
        "zone": timezone.get_current_timezone_name(),
    }
    return render(request, "availability/status.html", context)


@login_not_required
@require_safe
@cache_control(public=True, max_age=30)
@in_operators_time
def year(request: Request) -> HttpResponse:
    """The windows of the next twelve months as a table."""
    context = {
        "interruptions": queries.merged(queries.windows_ahead()),
        "routine": queries.routine_rules(),
        "vectors": list(vectors.FILES),
        "zone": timezone.get_current_timezone_name(),
    }
    return render(request, "availability/year.html", context)


def calendar(request: Request) -> HttpResponse:
    """Every window, announced and foreseen, and the form that announces one."""
    require(request.actor, "availability.announce")
    form = AnnouncementForm(typed(request))
    if form.is_valid():
        try:
            window = actions.announce_maintenance(request.actor, **form.announcement())
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
            actions.cancel_maintenance(request.actor, window=window, **form.cleaned_data)
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
            window = actions.move_maintenance(request.actor, window=window, **form.cleaned_data)
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
        actions.complete_maintenance(request.actor, window=window)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Completed: %(window)s.") % {"window": words.named(window)})
    return redirect("availability:calendar")


def incidents(request: Request) -> HttpResponse:
    """The incident desk: what is open, the parts of the service, and the form that opens one."""
    require(request.actor, "availability.manage_incidents")
    form = IncidentForm(typed(request))
    if form.is_valid():
        try:
            found = actions.open_incident(request.actor, **form.incident())
        except Refused as refusal:
            show(refusal, form)
        else:
            messages.success(request, _("The incident is on the status page now."))
            return redirect("availability:incident", found.pk)
    told = queries.current_status()
    context = {
        "form": form,
        "status": told,
        "components": [(one, ComponentForm(initial={"state": one.state}, prefix=one.slug)) for one in told.components],
        "past": queries.past_incidents(),
    }
    return render(request, "availability/incidents.html", context, status=422 if form.errors else 200)


def incident(request: Request, pk: int) -> HttpResponse:
    """One incident: what was said, and what to say next."""
    require(request.actor, "availability.manage_incidents")
    found = get_object_or_404(Incident.objects.told(), pk=pk)
    form = UpdateForm(typed(request), initial={"status": found.status})
    if form.is_valid():
        try:
            actions.update_incident(request.actor, incident=found, said=form.said())
        except Refused as refusal:
            show(refusal, form)
        else:
            messages.success(request, _("Said on the status page."))
            return redirect("availability:incident", pk)
    return render(
        request,
        "availability/incident.html",
        {"incident": found, "form": form, "ending": ResolutionForm(auto_id="end_%s")},
        status=422 if form.errors else 200,
    )


@require_POST
def resolve(request: Request, pk: int) -> HttpResponse:
    require(request.actor, "availability.manage_incidents")
    found = get_object_or_404(Incident.objects.told(), pk=pk)
    form = ResolutionForm(request.POST, auto_id="end_%s")
    if form.is_valid():
        try:
            actions.resolve_incident(request.actor, incident=found, **form.cleaned_data)
        except Refused as refusal:
            show(refusal, form)
        else:
            messages.success(request, _("The incident is resolved."))
            return redirect("availability:incidents")
    context = {"incident": found, "form": UpdateForm(initial={"status": found.status}), "ending": form}
    return render(request, "availability/incident.html", context, status=422 if form.errors else 200)


@require_POST
def component(request: Request, slug: str) -> HttpResponse:
    found = get_object_or_404(Component.objects.in_service(), slug=slug)
    form = ComponentForm(request.POST, prefix=slug)
    state = form.cleaned_data["state"] if form.is_valid() else ""
    try:
        actions.change_component_state(request.actor, component=found, state=state)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Said on the status page."))
    return redirect("availability:incidents")


def typed(request: Request) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


def show(refusal: Refused, form: Form) -> None:
    """A rule's no, beside the field it is about."""
    form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))


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
