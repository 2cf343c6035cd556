"""The operator's desk: writing, publishing, who accepted what, and what is asked for."""

from __future__ import annotations

import csv
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from tillit.foundation.access import require
from tillit.foundation.cells import guard
from tillit.foundation.errors import Refused
from tillit.foundation.requests import Request
from tillit.foundation.texts import pick
from tillit.trust import queries as register
from tillit.trust.agreements import actions, queries
from tillit.trust.agreements.comparison import compare as compared
from tillit.trust.agreements.documents import LANGUAGES
from tillit.trust.agreements.forms import AnswerForm, NoteForm, PublishForm, TextForm
from tillit.trust.agreements.inspection import Inspection, inspect
from tillit.trust.agreements.models import AgreementVersion, Draft
from tillit.trust.agreements.queries import Shelf
from tillit.trust.agreements.rendering import parts
from tillit.trust.choices import Audience


@require_safe
def desk(request: Request) -> HttpResponse:
    require(request.actor, "agreements.edit")
    open_requests = sum(not hasattr(one, "answer") for one in queries.all_requests())
    return render(request, "agreements/desk.html", {"desks": queries.desks(), "open_requests": open_requests})


def edit(request: Request, slug: str) -> HttpResponse:
    """One language of the draft with its problems by line, and a preview beside it."""
    require(request.actor, "agreements.edit")
    shelf = _shelf(slug)
    asked = request.GET.get("text", "")
    language = asked if asked in LANGUAGES else (shelf.entry.binding_language or (shelf.entry.languages or ["en"])[0])
    draft = Draft.objects.filter(agreement=slug).first()
    texts = draft.texts if draft else _published_texts(shelf)
    form = TextForm(request.POST or None, request.FILES or None, initial={"text": texts.get(language, "")})
    if request.method == "POST" and form.is_valid():
        try:
            actions.draft_agreement(request.actor, agreement=slug, texts=texts | {language: form.said()})
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Saved as a draft."))
            return redirect(f"{request.path}?text={language}")
    context = {"shelf": shelf, "form": form, "draft": draft, "language": language, "written": sorted(texts)}
    context |= _looked_at(slug, texts, language)
    return render(request, "agreements/edit.html", context, status=422 if form.errors else 200)


@require_POST
def withdraw(request: Request, slug: str) -> HttpResponse:
    actions.withdraw_draft(request.actor, agreement=slug)
    messages.success(request, _("The draft is gone. What is published stays."))
    return redirect("agreements:desk")


def publish(request: Request, slug: str) -> HttpResponse:
    """Confirm: what the next version changes, from when, and whether customers are asked."""
    require(request.actor, "agreements.edit")
    shelf = _shelf(slug)
    draft = Draft.objects.filter(agreement=slug).first()
    found = queries.inspection(slug, draft.texts) if draft else None
    if found is None or not found.is_green:
        messages.error(request, _("Only a draft without problems can be published."))
        return redirect("agreements:edit", slug)
    front = next(iter(found.documents.values())).front
    initial = {"valid_from": front.valid_from, "asks_acceptance": front.asks_acceptance}
    form = PublishForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        begins = datetime.combine(form.cleaned_data["valid_from"], time.min, tzinfo=_zone())
        asks = form.cleaned_data["asks_acceptance"]
        try:
            actions.publish_agreement(request.actor, agreement=slug, valid_from=begins, asks_acceptance=asks)
        except Refused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            messages.success(request, _("Published."))
            return redirect("agreements:desk")
    context = {"shelf": shelf, "form": form, "front": front, **_next_version(shelf, found)}
    return render(request, "agreements/publish.html", context, status=422 if form.errors else 200)


@require_safe
def acceptances(request: Request) -> HttpResponse:
    """Who accepted what, and who has not answered yet."""
    require(request.actor, "agreements.edit")
    found = queries.all_acceptances()
    return render(
        request, "agreements/acceptances.html", {"acceptances": found, "open": queries.open_acceptances(found)}
    )


@require_safe
def export(request: Request) -> HttpResponse:
    require(request.actor, "agreements.edit")
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="acceptances.csv"'
    response.write("\ufeff")  # spreadsheets take the file for UTF-8 by it
    writer = csv.writer(response)
    columns = ["customer", "agreement", "number", "version", "language", "sha256", "accepted_at"]
    writer.writerow([*columns, "by", "name", "function"])
    for one in queries.all_acceptances():
        held = one.version
        said = map(guard, (one.by.email, one.name, one.function))
        row = [one.tenant.slug, held.agreement, held.number, held.label, one.language, one.sha256, one.at.isoformat()]
        writer.writerow([*row, *said])
    return response


def requests(request: Request) -> HttpResponse:
    """Who asks for what is given on request; and a form for those who asked by mail."""
    require(request.actor, "agreements.edit")
    secret = [one for one in queries.entries() if one.audience == Audience.ON_REQUEST]
    choices = [(one.slug, pick(one.title)[0]) for one in secret]
    form = NoteForm(request.POST if request.method == "POST" else None, agreements=choices)
    if form.is_valid():
        said = {key: form.cleaned_data[key] for key in ("agreement", "name", "email", "reason")}
        try:
            actions.note_request(request.actor, **said)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Noted. Answer it in the list."))
            return redirect("agreements:requests")
    context = {"form": form, "secret": secret, "answer": AnswerForm(), "requests": queries.all_requests()}
    return render(request, "agreements/requests.html", context, status=422 if form.errors else 200)


@require_POST
def answer(request: Request, pk: int) -> HttpResponse:
    require(request.actor, "agreements.edit")
    found = next((one for one in queries.all_requests() if one.pk == pk), None)
    if found is None:
        raise Http404("no such request")
    form = AnswerForm(request.POST)
    days = form.cleaned_data["days"] if form.is_valid() else 0
    granted = "grant" in request.POST
    try:
        actions.answer_request(request.actor, request=found, granted=granted, days=days if granted else 1)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Answered."))
    return redirect("agreements:requests")


def _shelf(slug: str) -> Shelf:
    found = queries.shelf(slug)
    if found is None:
        raise Http404("no such agreement")
    return found


def _published_texts(shelf: Shelf) -> dict[str, str]:
    return dict(queries.with_text(shelf.versions[0]).texts) if shelf.versions else {}


def _looked_at(slug: str, texts: dict[str, str], language: str) -> dict[str, Any]:
    """Problems and preview of what is kept, by today's register."""
    known = queries.variables()
    found = inspect(slug, texts, known, agreements={one.slug for one in queries.entries()})
    document = found.documents.get(language)
    values = {key: one.text for key, one in known.items()}
    return {
        "problems": found.problems,
        "preview": parts(document, values) if document else None,
        "variables": [(key, one.text.get(language, "")) for key, one in sorted(known.items())],
        "languages": LANGUAGES,
    }


def _next_version(shelf: Shelf, found: Inspection) -> dict[str, Any]:
    """What publishing would change, in the binding language."""
    held = shelf.versions[0] if shelf.versions else None
    front = next(iter(found.documents.values())).front
    language = front.binding_language
    if held is None or language not in held.sha256:
        return {"changed": None, "text_language": language}
    known = queries.variables()
    texts = {code: one.text for code, one in found.documents.items()}
    values = {key: dict(one.text) for key, one in known.items()}
    coming = AgreementVersion(agreement=held.agreement, number=held.number + 1, texts=texts, values=values)
    pairs = compared(queries.with_text(held), coming, language)
    return {"changed": [one for one in pairs if not one.is_same], "before": held, "text_language": language}


def _zone() -> ZoneInfo:
    held = register.operator()
    return ZoneInfo(held.time_zone if held else "UTC")
