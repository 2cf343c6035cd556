"""A proposal before anybody is told: the public row as it will look, what it compiles into, and the decision."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from tillit.foundation.access import require
from tillit.foundation.errors import Refused
from tillit.foundation.formats import local_datetime
from tillit.foundation.requests import Request
from tillit.trust import history, queries
from tillit.trust.actions.proposals import announce_entry, foresee_proposals, withdraw_proposal
from tillit.trust.composing import as_said, entry_of
from tillit.trust.consequences import Foreseen
from tillit.trust.meaning import meaning
from tillit.trust.models import Objection, Proposal, Revision
from tillit.trust.words import SECTIONS

NUMBER = 17  # digits of a primary key, at most


def announce(request: Request, proposal: int) -> HttpResponse:
    """What announcing means, and the button. Others that are proposed can be announced with it (`?with=12`)."""
    require(request.actor, "trust.edit_register")
    first = get_object_or_404(Proposal, pk=proposal, announced_in=None)
    others = [one for one in history.open_proposals() if one.pk != first.pk]
    chosen = [first, *(one for one in others if str(one.pk) in _asked(request))]
    refused, foreseen = "", None
    try:
        if request.method == "POST":
            return _announce(request, chosen)
        foreseen = foresee_proposals(request.actor, proposals=chosen)
    except Refused as refusal:
        refused = str(refusal)
    newest = Revision.objects.values_list("pk", flat=True).first()
    context = {
        "proposal": first,
        "label": SECTIONS[first.section],
        "title": history.title_of_proposal(first),
        "previews": [_preview(one, foreseen) for one in chosen],
        "others": [(one, SECTIONS[one.section], history.title_of_proposal(one), one in chosen) for one in others],
        "consequences": meaning(foreseen) if foreseen else [],
        "refused": refused,
        "based_on": newest,
        "order": _order(),
    }
    return render(request, "trust/register/announce.html", context)


@require_POST
def withdraw(request: Request, proposal: int) -> HttpResponse:
    require(request.actor, "trust.edit_register")
    found = get_object_or_404(Proposal, pk=proposal, announced_in=None)
    try:
        withdraw_proposal(request.actor, proposal=found)
        messages.success(request, _("The proposal was withdrawn. Nobody was told of it."))
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("trust:section", found.section)


@require_safe
def objections(request: Request) -> HttpResponse:
    """Who says no to which processor, and why."""
    require(request.actor, "trust.edit_register")
    found = queries.objections()
    context = {
        "standing": [one for one in found if not one.outcome],
        "ended": [one for one in found if one.outcome],
        "terminated": Objection.Outcome.TERMINATED,
        "names": queries.processor_names(),
    }
    return render(request, "trust/register/objections.html", context)


def _asked(request: Request) -> list[str]:
    return (request.POST if request.method == "POST" else request.GET).getlist("with")


def _announce(request: Request, chosen: list[Proposal]) -> HttpResponse:
    given = request.POST.get("based_on", "")
    based_on = int(given) if given.isdecimal() and len(given) <= NUMBER else None
    revision = announce_entry(request.actor, proposals=chosen, based_on=based_on)
    first = chosen[0]
    _held, coming = history.standing_of(first.section, first.slug) if first.section in queries.LISTS else (None, None)
    if coming is not None and coming.revision_id == revision.pk:
        words = {"time": local_datetime(coming.in_force_at)}
        messages.success(request, _("Announced. It comes into force on %(time)s, not a second earlier.") % words)
    else:
        messages.success(request, _("It holds from now on, and the public page says so."))
    return redirect("trust:entry", first.section, first.slug)


def _preview(proposal: Proposal, foreseen: Foreseen | None) -> dict[str, Any]:
    """The public row old beside new, and what differs."""
    section, slug = proposal.section, proposal.slug
    old = entry_of(foreseen.before if foreseen else queries.export_register(), section, slug)
    new = as_said(section, proposal.entry)
    noun = queries.LISTS.get(section)
    waits = foreseen is not None and foreseen.waits(section, slug)
    return {
        "section": section,
        "label": SECTIONS[section],
        "title": history.title_of_proposal(proposal),
        "old": noun(**old) if noun and old else None,
        "new": noun(**new) if noun and new else None,
        "out": new is None,
        "changes": history.changes(section, old or {}, new or {}),
        "begins": foreseen.begins[section, slug] if foreseen and waits else None,
    }


def _order() -> list[str]:
    held = queries.operator()
    return held.languages if held else []
