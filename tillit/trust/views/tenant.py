"""For a customer: one processor, what is announced about it, and the customer's no."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from tillit.foundation.access import require
from tillit.foundation.errors import Refused
from tillit.foundation.purposes import known_purposes
from tillit.foundation.requests import Request
from tillit.foundation.web import back, is_fragment
from tillit.trust import history, queries
from tillit.trust.actions.objections import raise_objection, terminate_instead, withdraw_objection
from tillit.trust.actions.telling import put_notice_away
from tillit.trust.forms.objection import ObjectionForm
from tillit.trust.models import Objection, Processor, Told
from tillit.trust.words import TOLD


@require_safe
def processor(request: Request, slug: str) -> HttpResponse:
    """What holds, what comes, which function rests without it, and this customer's objection."""
    require(request.actor, "trust.read_announcements")
    return render(request, "trust/mine/processor.html", _context(request, slug))


def object_to(request: Request, slug: str) -> HttpResponse:
    require(request.actor, "trust.object")
    context = _context(request, slug)
    form = ObjectionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            raise_objection(request.actor, processor=slug, reason=form.cleaned_data["reason"])
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Your objection is recorded. The way stays shut for your data."))
            return redirect("trust:processor", slug)
    return render(request, "trust/mine/object.html", context | {"form": form})


def end_objection(request: Request, objection: int, how: str) -> HttpResponse:
    """Withdraw it, or end the contract instead; both after a page that says what that means."""
    require(request.actor, "trust.object")
    found = get_object_or_404(Objection.objects, pk=objection)
    context = _context(request, found.processor) | {"objection": found, "how": how, "refused": ""}
    if request.method == "POST":
        end = withdraw_objection if how == "withdraw" else terminate_instead
        try:
            end(request.actor, objection=found)
        except Refused as refusal:
            context["refused"] = str(refusal)
        else:
            messages.success(request, _WORDS[how]())
            return redirect("trust:processor", found.processor)
    return render(request, "trust/mine/end_objection.html", context)


_WORDS = {
    "withdraw": lambda: _("Your objection is withdrawn. The way opens when it opens for everybody."),
    "terminate": lambda: _("Recorded: you end the contract over this. The way stays shut; the operator contacts you."),
}


@require_POST
def put_away(request: Request) -> HttpResponse:
    """A notice that an administrator has read."""
    require(request.actor, "trust.object")
    chosen = [int(pk) for pk in request.POST.getlist("told") if pk.isdecimal() and len(pk) < 18]
    for told in Told.objects.filter(pk__in=chosen):
        put_notice_away(request.actor, told=told)
    if is_fragment(request):
        return HttpResponse()
    return back(request)


def _context(request: Request, slug: str) -> dict[str, Any]:
    held, coming = history.standing_of("processors", slug)
    row: Processor | None = coming or held or Processor.objects.filter(slug=slug).order_by("number").last()
    if row is None:
        raise Http404
    purposes = [known_purposes()[name] for name in row.purposes if name in known_purposes()]
    objections = list(Objection.objects.filter(processor=slug).select_related("raised_by", "ended_by"))
    standing = next((one for one in objections if one.outcome != Objection.Outcome.WITHDRAWN), None)
    return {
        "row": row,
        "held": held,
        "coming": coming,
        "changes": history.changes_of("processors", held, coming, TOLD) if coming else [],
        "facts": history.changes_of("processors", None, held or row, TOLD),
        "purposes": purposes,
        "objection": standing,
        "past": [one for one in objections if one != standing],
        "resting": [one for one in queries.resting(request.tenant) if one.processor.slug == slug],
        "may_object": request.actor.may("trust.object") and coming is not None and standing is None,
        "operator": queries.operator(),
    }
