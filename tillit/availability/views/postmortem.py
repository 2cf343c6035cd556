"""What was said is put differently, and looked back at."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from tillit.availability.actions.incidents import draft_postmortem, publish_postmortem, revise_update
from tillit.availability.forms.incidents import PostmortemForm, RevisionForm
from tillit.availability.models import Incident, IncidentTemplate, IncidentUpdate, PostmortemDraft
from tillit.availability.views.typed import own_words, remember, show, tell_left_out, typed, words_of
from tillit.foundation.access import require
from tillit.foundation.errors import Refused
from tillit.foundation.requests import Request


def revise(request: Request, pk: int) -> HttpResponse:
    """Other words for one update; both versions are public."""
    require(request.actor, "availability.manage_incidents")
    update = get_object_or_404(IncidentUpdate.objects.select_related("incident").prefetch_related("versions"), pk=pk)
    form = RevisionForm(typed(request), initial={"body": update.body})
    if form.is_valid():
        try:
            revise_update(request.actor, update=update, **form.cleaned_data)
        except Refused as refusal:
            show(refusal, form)
        else:
            messages.success(request, _("The new words are public; the earlier ones stay beside them."))
            return redirect("availability:incident", update.incident_id)
    context = {"form": form, "update": update, "incident": update.incident}
    return render(request, "availability/revise.html", context, status=422 if form.errors else 200)


def postmortem(request: Request, pk: int) -> HttpResponse:
    """Looking back at a resolved incident: a draft is kept, shown as it will look, then published."""
    require(request.actor, "availability.manage_incidents")
    found = get_object_or_404(Incident.objects.told(), pk=pk)
    draft = PostmortemDraft.objects.filter(incident=found).select_related("changed_by").first()
    ready = _begun(request, found)
    form = PostmortemForm(typed(request), initial={"body": draft.body} if draft else ready)
    remember(form, ready)
    if form.is_valid():
        publishes = "publish" in request.POST
        left_out = own_words(form, ready) if publishes else []
        try:
            (publish_postmortem if publishes else draft_postmortem)(request.actor, incident=found, **form.cleaned_data)
        except Refused as refusal:
            show(refusal, form)
        else:
            said = _("The post-mortem is public.") if publishes else _("The draft is kept. Nobody else reads it yet.")
            messages.success(request, said)
            tell_left_out(request, left_out)
            return redirect("availability:incident" if publishes else "availability:postmortem", pk)
    context = {"form": form, "draft": draft, "incident": found}
    return render(request, "availability/postmortem.html", context, status=422 if form.errors else 200)


def _begun(request: Request, found: Incident) -> dict[str, Any]:
    """The first words kept ready for looking back: better than an empty sheet."""
    ready = IncidentTemplate.objects.filter(moment=IncidentTemplate.Moment.LOOKING_BACK).first()
    return words_of(ready, request, found) if ready else {}
