"""The incident desk."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tillit.availability import queries
from tillit.availability.actions.incidents import (
    change_component_state,
    open_incident,
    resolve_incident,
    update_incident,
)
from tillit.availability.forms import (
    ComponentForm,
    IncidentForm,
    ResolutionForm,
    UpdateForm,
)
from tillit.availability.models import Component, Incident
from tillit.availability.views.typed import show, typed
from tillit.foundation.access import require
from tillit.foundation.errors import Refused
from tillit.foundation.requests import Request


def incidents(request: Request) -> HttpResponse:
    """The incident desk: what is open, the parts of the service, and the form that opens one."""
    require(request.actor, "availability.manage_incidents")
    form = IncidentForm(typed(request))
    if form.is_valid():
        try:
            found = open_incident(request.actor, **form.incident())
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
            update_incident(request.actor, incident=found, said=form.said())
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
            resolve_incident(request.actor, incident=found, **form.cleaned_data)
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
        change_component_state(request.actor, component=found, state=state)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Said on the status page."))
    return redirect("availability:incidents")
