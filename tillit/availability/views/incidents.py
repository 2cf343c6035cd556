"""The incident desk: what is open, what was said of the one that is chosen, and what to say next."""

from __future__ import annotations

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tillit.availability import queries
from tillit.availability.actions.incidents import (
    change_component_state,
    open_incident,
    resolve_incident,
    take_over_incident,
    update_incident,
)
from tillit.availability.forms.incidents import ComponentForm, IncidentForm, ResolutionForm, UpdateForm
from tillit.availability.models import Component, Incident, IncidentTemplate
from tillit.availability.views.typed import chosen_words, own_words, remember, show, tell_left_out, typed
from tillit.foundation.access import require
from tillit.foundation.errors import Refused
from tillit.foundation.requests import Request

Moment = IncidentTemplate.Moment


def incidents(request: Request) -> HttpResponse:
    """The desk with the form that opens an incident; with the newest open one, where there is one."""
    require(request.actor, "availability.manage_incidents")
    ready = chosen_words(request, Moment.OPENING)
    form = IncidentForm(typed(request), initial=ready or {"next_in": "30"})
    remember(form, ready)
    if form.is_valid():
        left_out = own_words(form, ready)
        try:
            found = open_incident(request.actor, **form.incident())
        except Refused as refusal:
            show(refusal, form)
        else:
            messages.success(request, _("The incident is on the status page now."))
            tell_left_out(request, left_out)
            return redirect("availability:incident", found.pk)
    told = queries.current_status()
    if told.incidents and not form.is_bound and not {"new", "template"} & request.GET.keys():
        newest = told.incidents[0]
        return _desk(request, newest, told, form=_next(request, newest), ending=ResolutionForm(auto_id="end_%s"))
    return _desk(request, None, told, form=form)


def incident(request: Request, pk: int) -> HttpResponse:
    """The desk with one incident: what was said, and what to say next."""
    require(request.actor, "availability.manage_incidents")
    told = queries.current_status()
    found = _chosen(pk, told)
    form = _next(request, found)
    if form.is_valid():
        left_out = own_words(form, form.initial)
        try:
            update_incident(request.actor, incident=found, said=form.said())
        except Refused as refusal:
            show(refusal, form)
        else:
            messages.success(request, _("Said on the status page."))
            tell_left_out(request, left_out)
            return redirect("availability:incident", pk)
    return _desk(request, found, told, form=form, ending=_ending(request, found))


@require_POST
def resolve(request: Request, pk: int) -> HttpResponse:
    require(request.actor, "availability.manage_incidents")
    told = queries.current_status()
    found = _chosen(pk, told)
    form = _ending(request, found, request.POST)
    if form.is_valid():
        left_out = own_words(form, form.initial)
        try:
            resolve_incident(request.actor, incident=found, **form.cleaned_data)
        except Refused as refusal:
            show(refusal, form)
        else:
            messages.success(request, _("The incident is resolved."))
            tell_left_out(request, left_out)
            return redirect("availability:incident", pk)
    following = UpdateForm(initial={"status": found.status})
    return _desk(request, found, told, form=following, ending=form)


@require_POST
def take_over(request: Request, pk: int) -> HttpResponse:
    found = get_object_or_404(Incident, pk=pk)
    try:
        take_over_incident(request.actor, incident=found)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("It is yours now. The next word is reminded of to you."))
    return redirect("availability:incident", pk)


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


def _chosen(pk: int, told: queries.Status) -> Incident:
    """One of the open ones, which are known already, or one that is over."""
    still_open = next((one for one in told.incidents if one.pk == pk), None)
    return still_open or get_object_or_404(Incident.objects.told(), pk=pk)


def _next(request: Request, found: Incident) -> UpdateForm:
    """The form for the next thing said, with the words that were chosen; it goes on where the last update was."""
    said = chosen_words(request, Moment.UPDATING, found)
    form = UpdateForm(typed(request), initial={"status": found.status, "next_in": "30"} | said)
    remember(form, said)
    return form


def _ending(request: Request, found: Incident, sent: QueryDict | None = None) -> ResolutionForm:
    """The form that ends it, with the words that were chosen."""
    said = chosen_words(request, Moment.RESOLVING, found)
    form = ResolutionForm(sent, initial=said, auto_id="end_%s")
    remember(form, said)
    return form


def _desk(request: Request, found: Incident | None, told: queries.Status, **forms: Form) -> HttpResponse:
    ready = list(IncidentTemplate.objects.all())
    wanted = Moment.UPDATING if found else Moment.OPENING
    context = {
        "incident": found,
        "status": told,
        "components": [(one, ComponentForm(initial={"state": one.state}, prefix=one.slug)) for one in told.components],
        "past": Incident.objects.over(queries.PAST_DAYS),
        "templates": [one for one in ready if one.moment == wanted],
        "endings": [one for one in ready if one.moment == Moment.RESOLVING],
    }
    refused = any(form.errors for form in forms.values())
    return render(request, "availability/desk.html", context | forms, status=422 if refused else 200)
