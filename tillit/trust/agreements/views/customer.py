"""A customer's side: what is in force, what waits, what changed, and accepting it."""

from __future__ import annotations

import csv
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from tillit.foundation.access import require
from tillit.foundation.cells import guard
from tillit.foundation.errors import Refused
from tillit.foundation.requests import Request
from tillit.trust.agreements import actions, queries
from tillit.trust.agreements.comparison import compare as compared
from tillit.trust.agreements.forms import AcceptForm, AskForm
from tillit.trust.agreements.models import AgreementVersion
from tillit.trust.agreements.queries import Standing
from tillit.trust.agreements.views.public import as_file, comparison


@require_safe
def shelf(request: Request) -> HttpResponse:
    require(request.actor, "agreements.read")
    found = queries.standings()
    context = {
        "standings": [one for one in found if one.shelf.versions or not one.readable],
        "waiting": [one for one in found if one.asked],
        "unwritten": [one for one in found if not one.shelf.versions and one.readable],
        "acceptances": queries.acceptances(),
        "may_accept": request.actor.may("agreements.accept"),
    }
    return render(request, "agreements/shelf.html", context)


@require_safe
def agreement(request: Request, slug: str, number: int | None = None) -> HttpResponse:
    """The text, for members; also what is not for everybody."""
    require(request.actor, "agreements.read")
    standing = _readable(slug)
    version = _version(standing, number)
    language = version.language_for()
    context = {
        "standing": standing,
        "version": version,
        "text_language": language,
        "sha256": version.sha256[language],
        "parts": queries.with_text(version).parts(language),
        "may_accept": request.actor.may("agreements.accept"),
    }
    return render(request, "agreements/read.html", context)


@require_safe
def text(request: Request, slug: str, number: int, language: str) -> HttpResponse:
    require(request.actor, "agreements.read")
    version = _version(_readable(slug), number)
    if language not in version.sha256:
        raise Http404("no such text")
    return as_file(queries.with_text(version), language)


@require_safe
def compare(request: Request, slug: str, old: int, new: int) -> HttpResponse:
    require(request.actor, "agreements.read")
    standing = _readable(slug)
    both = comparison(request, _version(standing, old), _version(standing, new))
    return render(request, "agreements/compare_inside.html", {"standing": standing, **both})


def accept(request: Request, slug: str) -> HttpResponse:
    """What changed since the accepted version, calmly, and the form."""
    require(request.actor, "agreements.accept")
    standing = _readable(slug)
    if standing.to_accept is None:
        messages.info(request, _("Nothing waits for your acceptance here."))
        return redirect("agreements:read", slug)
    version = queries.with_text(standing.to_accept)
    language = version.language_for()
    person = request.actor.user.name if request.actor.user else ""
    initial = {"name": person, "language": language, "sha256": version.sha256[language]}
    form = AcceptForm(_typed(request), initial=initial)
    if form.is_valid():
        try:
            actions.accept_agreement(request.actor, version=version, **_acceptance(form))
        except Refused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            messages.success(request, _("Accepted. The hash of the text and your name are kept with it."))
            return redirect("agreements:shelf")
    context = {"standing": standing, "version": version, "form": form, "sha256": version.sha256[language]}
    context |= _what_changed(standing, version, language)
    return render(request, "agreements/accept.html", context, status=422 if form.errors else 200)


def ask(request: Request, slug: str) -> HttpResponse:
    """Ask for a document that is given on request."""
    require(request.actor, "agreements.accept")
    standing = queries.standing(slug)
    if standing is None or standing.readable:
        return redirect("agreements:shelf")
    person = request.actor.user.name if request.actor.user else ""
    form = AskForm(_typed(request), initial={"name": person})
    if form.is_valid():
        said = {key: form.cleaned_data[key] for key in ("name", "reason")}
        try:
            actions.request_access(request.actor, agreement=slug, **said)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Asked. You will find the document here when the operator has answered."))
            return redirect("agreements:shelf")
    context = {"standing": standing, "form": form}
    return render(request, "agreements/ask.html", context, status=422 if form.errors else 200)


@require_safe
def export(request: Request) -> HttpResponse:
    """What this customer has accepted, for its own files."""
    require(request.actor, "agreements.read")
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="acceptances.csv"'
    response.write("\ufeff")  # spreadsheets take the file for UTF-8 by it
    writer = csv.writer(response)
    writer.writerow(["agreement", "number", "version", "language", "sha256", "accepted_at", "by", "name", "function"])
    for one in queries.acceptances():
        held = one.version
        row = [held.agreement, held.number, held.label, one.language, one.sha256, one.at.isoformat()]
        writer.writerow([*row, *map(guard, (one.by.email, one.name, one.function))])
    return response


def _acceptance(form: AcceptForm) -> dict[str, Any]:
    said = form.cleaned_data
    authority = actions.Authority(said["name"], said["function"])
    return {"language": said["language"], "sha256": said["sha256"], "authority": authority}


def _what_changed(standing: Standing, version: AgreementVersion, language: str) -> dict[str, Any]:
    """Changed clauses since the accepted version; without one, or without a common language, the whole text."""
    before = queries.with_text(standing.accepted.version) if standing.accepted else None
    if before is None or language not in before.sha256:
        return {"parts": version.parts(language), "text_language": language, "before": None}
    pairs = compared(before, version, language)
    changed = [one for one in pairs if not one.is_same]
    return {"changed": changed, "same": len(pairs) - len(changed), "text_language": language, "before": before}


def _readable(slug: str) -> Standing:
    found = queries.standing(slug)
    if found is None or not found.readable or not found.shelf.versions:
        raise Http404("no such agreement")
    return found


def _version(standing: Standing, number: int | None) -> AgreementVersion:
    shelf = standing.shelf
    found = shelf.numbered(number) if number else shelf.in_force or shelf.coming
    if found is None:
        raise Http404("no such version")
    return found


def _typed(request: Request) -> QueryDict | None:
    return request.POST if request.method == "POST" else None
