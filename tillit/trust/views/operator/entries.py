"""The lists of the register and one entry of them: what holds, what comes, what is proposed, and a form."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from tillit.foundation.access import require
from tillit.foundation.clock import now
from tillit.foundation.errors import Refused
from tillit.foundation.requests import Request
from tillit.trust import history, queries
from tillit.trust.actions.proposals import propose_entry
from tillit.trust.choices import Stage
from tillit.trust.composing import TABLES, as_said, entry_of
from tillit.trust.forms.entry import EntryForm
from tillit.trust.models import Processor, Proposal, Revision
from tillit.trust.words import SECTIONS


@require_safe
def overview(request: Request) -> HttpResponse:
    require(request.actor, "trust.edit_register")
    proposals = history.open_proposals()
    at = now()
    coming = [
        (section, row, history.title_of(section, row))
        for section in ("processors", "regions")
        for row in queries.LISTS[section].objects.announced(at)
    ]
    context = {
        "operator": queries.operator(),
        "sizes": history.sizes(proposals),
        "labels": SECTIONS,
        "proposals": [(one, SECTIONS[one.section], history.title_of_proposal(one)) for one in proposals],
        "coming": coming,
        "revisions": list(Revision.objects.select_related("by")[:10]),
        "contacts_hold_until": queries.contacts_hold_until(),
        "objections": sum(not one.outcome for one in queries.objections()),
    }
    return render(request, "trust/register/overview.html", context)


@require_safe
def section(request: Request, section: str) -> HttpResponse:
    """Every entry of a list: those that stand, those that are only proposed, those that ended."""
    require(request.actor, "trust.edit_register")
    if section in TABLES:
        return redirect("trust:entry", section, section)
    if section not in queries.LISTS:
        raise Http404
    at = now()
    rows = list(queries.LISTS[section].objects.order_by("position", "number"))
    proposals = {one.slug: one for one in history.open_proposals(section)}
    standing: dict[str, list[Any]] = {}
    for row in rows:
        if row.stage(at) != Stage.ENDED:
            standing.setdefault(str(row), []).append((row, row.stage(at)))
    ended = {str(row): row for row in rows if str(row) not in standing}
    context = {
        "section": section,
        "label": SECTIONS[section],
        "entries": [
            (slug, history.title_of(section, rows[0][0]), rows, proposals.get(slug)) for slug, rows in standing.items()
        ],
        "proposed": [(one, history.title_of_proposal(one)) for slug, one in proposals.items() if slug not in standing],
        "ended": [(slug, history.title_of(section, row), row) for slug, row in ended.items()],
    }
    return render(request, "trust/register/section.html", context)


@require_safe
def entry(request: Request, section: str, slug: str) -> HttpResponse:
    """One entry: its versions, and what is proposed."""
    require(request.actor, "trust.edit_register")
    proposal, said = _found(section, slug)
    versions = history.versions_of(section, slug) if section in queries.LISTS else []
    proposed = as_said(section, proposal.entry) if proposal else None
    context = _frame(section, slug) | {
        "title": history.title_of(section, said or proposed) if said or proposed else slug,
        "said": said,
        "facts": history.changes(section, {}, said) if said else [],
        "versions": versions,
        "proposal": proposal,
        "proposed": history.changes(section, said or {}, proposed) if proposed else [],
    }
    return render(request, "trust/register/entry.html", context)


def edit(request: Request, section: str, slug: str) -> HttpResponse:
    """Type what an entry should say; saving proposes it."""
    require(request.actor, "trust.edit_register")
    proposal, said = _found(section, slug)
    wanted = (as_said(section, proposal.entry) if proposal else None) or said or {}
    if request.method == "POST" and "out" in request.POST:
        return _take_out(request, section, slug)
    return _form(request, section, slug, wanted, proposal)


def new(request: Request, section: str) -> HttpResponse:
    """Type an entry that the list does not have yet."""
    require(request.actor, "trust.edit_register")
    if section not in queries.LISTS:
        raise Http404
    return _form(request, section, "", {}, None)


def _form(request: Request, section: str, slug: str, wanted: dict[str, Any], proposal: Proposal | None) -> HttpResponse:
    neighbours = dict(Processor.objects.said().values_list("slug", "name"))
    neighbours |= {one.slug: history.title_of_proposal(one) for one in history.open_proposals("processors")}
    newest = Revision.objects.values_list("pk", flat=True).first()
    seen = {"based_on": newest, "instead_of": proposal.pk if proposal else None}
    form = EntryForm(section, request.POST or None, said=wanted, neighbours=neighbours, initial=seen)
    if request.method == "POST" and form.is_valid():
        try:
            proposed = _propose(request, form, slug)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return redirect("trust:announce", proposed.pk)
    context = _frame(section, slug) | {
        "form": form,
        "slug": slug,
        "title": history.title_of(section, wanted) if wanted else _("New entry"),
    }
    return render(request, "trust/register/edit.html", context)


def _propose(request: Request, form: EntryForm, slug: str) -> Proposal:
    said = form.entry()
    name = slug or form.slug()
    if not slug and _is_taken(form.section, name):
        raise Refused(_("There is an entry of this name already."), field=form.name_key)
    return propose_entry(
        request.actor,
        section=form.section,
        slug=name,
        entry=said,
        based_on=form.cleaned_data["based_on"],
        instead_of=form.cleaned_data["instead_of"],
    )


def _take_out(request: Request, section: str, slug: str) -> HttpResponse:
    seen = {name: request.POST.get(name, "") for name in ("based_on", "instead_of")}
    numbers = {name: int(value) if value.isdecimal() and len(value) < 18 else None for name, value in seen.items()}
    try:
        proposal = propose_entry(request.actor, section=section, slug=slug, entry=None, **numbers)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("trust:entry", section, slug)
    return redirect("trust:announce", proposal.pk)


def _is_taken(section: str, slug: str) -> bool:
    said = entry_of(queries.export_register(), section, slug)
    return said is not None or history.proposal_of(section, slug) is not None


def _found(section: str, slug: str) -> tuple[Proposal | None, dict[str, Any] | None]:
    """The open proposal and what the register says, or 404 for an entry nobody ever spoke of."""
    if not history.is_section(section):
        raise Http404
    proposal, said = history.proposal_of(section, slug), entry_of(queries.export_register(), section, slug)
    known = section in queries.LISTS and queries.LISTS[section].objects.filter(**{queries.KEYS[section]: slug}).exists()
    if proposal is None and said is None and not known:
        raise Http404
    return proposal, said


def _frame(section: str, slug: str) -> dict[str, Any]:
    return {"section": section, "slug": slug, "label": SECTIONS[section], "is_table": section in TABLES}
