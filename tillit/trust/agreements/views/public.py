"""Agreements for everybody, without sign-in or cookie: text, versions, comparison, and the same for programs."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.signing import BadSignature, loads
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from tillit.foundation.requests import Request
from tillit.trust import queries as register
from tillit.trust.agreements import queries
from tillit.trust.agreements.actions import SALT
from tillit.trust.agreements.comparison import compare as compared
from tillit.trust.agreements.models import AgreementVersion
from tillit.trust.agreements.queries import Shelf
from tillit.trust.publishing import public_page

MARKDOWN = "text/markdown; charset=utf-8"


@public_page
def agreement(request: Request, slug: str, number: int | None = None) -> HttpResponse:
    """One document: the version in force, or the one that was asked for."""
    shelf = _shelf(slug)
    version = _version(shelf, number) if number else shelf.in_force or shelf.coming
    context = _framed(request, shelf=shelf, version=version)
    if version is not None:
        context |= _told(version, with_text=version.is_public and shelf.is_public)
    return render(request, "agreements/agreement.html", context)


@public_page
def compare(request: Request, slug: str) -> HttpResponse:
    """Two versions beside each other; without numbers the newest two."""
    shelf = _shelf(slug)
    old, new = _two(request, shelf)
    if not (shelf.is_public and old.is_public and new.is_public):
        raise Http404("not for everybody")
    context = _framed(request, shelf=shelf, **comparison(request, old, new))
    return render(request, "agreements/compare.html", context)


@public_page
def text(_request: Request, slug: str, number: int, language: str) -> HttpResponse:
    """The canonical text: its SHA-256 is the version's hash in this language."""
    shelf = _shelf(slug)
    version = _version(shelf, number)
    if language not in version.sha256 or not (shelf.is_public and version.is_public):
        raise Http404("no such text")
    return as_file(queries.with_text(version), language)


@public_page
def twin(_request: Request, slug: str) -> JsonResponse:
    """The versions of one agreement and the clauses of the one in force. Shape: README.md."""
    shelf = _shelf(slug)
    held = shelf.in_force
    shown = queries.with_text(held) if held and held.is_public and shelf.is_public else None
    content = {
        "format": 1,
        "agreement": slug,
        "kind": shelf.entry.kind,
        "title": shelf.entry.title,
        "audience": shelf.entry.audience or "public",
        "in_force": held.number if held else None,
        "versions": [_version_twin(shelf, one) for one in shelf.versions],
        "clauses": {code: _clauses(shown, code) for code in shown.languages} if shown else None,
    }
    response = JsonResponse(content, json_dumps_params={"ensure_ascii": False, "indent": 1})
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


@login_not_required
@require_safe
@never_cache
def given(request: Request, key: str) -> HttpResponse:
    """A document given on request to somebody without an account, as long as the answer says."""
    try:
        told = loads(key, salt=SALT)
    except BadSignature as error:
        raise Http404("no such key") from error
    found = queries.given(told)
    version = queries.version_in_force(found.agreement) if found else None
    if found is None or version is None:
        return render(request, "agreements/given_no_more.html", _framed(request), status=410)
    context = _framed(request, shelf=_shelf(found.agreement), version=version, given=found) | _told(version)
    response = render(request, "agreements/agreement.html", context)
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def as_file(version: AgreementVersion, language: str) -> HttpResponse:
    response = HttpResponse(version.canonical(language), content_type=MARKDOWN)
    name = f"{version.agreement}-{version.number}.{language}.md"
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    return response


def comparison(request: Request, old: AgreementVersion, new: AgreementVersion) -> dict[str, Any]:
    """What the page of two versions shows, in a language that both have: what changed, and all with `?all=1`."""
    before, after = queries.with_text(old), queries.with_text(new)
    shared = [code for code in after.languages if code in before.sha256]
    if not shared:
        raise Http404("no language in common")
    wanted = request.LANGUAGE_CODE
    language = wanted if wanted in shared else shared[0]
    pairs = compared(before, after, language)
    changed = [one for one in pairs if not one.is_same]
    shows_all = request.GET.get("all") == "1"
    return {
        "old": before,
        "new": after,
        "pairs": pairs if shows_all else changed,
        "changed": changed,
        "same": len(pairs) - len(changed),
        "shows_all": shows_all,
        "other": _asking(request, all="" if shows_all else "1"),
        "text_language": language,
    }


def _asking(request: Request, **instead: str) -> str:
    """This page's query with other answers; what is empty is left out."""
    asked = request.GET.copy()
    for key, value in instead.items():
        asked[key] = value
        if not value:
            del asked[key]
    return f"?{asked.urlencode()}" if asked else request.path


def _shelf(slug: str) -> Shelf:
    found = queries.shelf(slug)
    if found is None:
        raise Http404("no such agreement")
    return found


def _version(shelf: Shelf, number: int) -> AgreementVersion:
    found = shelf.numbered(number)
    if found is None:
        raise Http404("no such version")
    return found


def _two(request: Request, shelf: Shelf) -> tuple[AgreementVersion, AgreementVersion]:
    if len(shelf.versions) < 2:
        raise Http404("nothing to compare")
    newest = shelf.versions[0].number
    new = _version(shelf, _number(request.GET.get("to"), newest))
    return _version(shelf, _number(request.GET.get("from"), new.number - 1)), new


def _number(said: str | None, otherwise: int) -> int:
    return int(said) if said and said.isdecimal() and len(said) < 6 else otherwise


def _told(version: AgreementVersion, *, with_text: bool = True) -> dict[str, Any]:
    language = version.language_for()
    shown = queries.with_text(version).parts(language) if with_text else None
    return {"text_language": language, "parts": shown, "sha256": version.sha256[language]}


def _framed(request: Request, **context: Any) -> dict[str, Any]:
    """With what the frame of public pages needs; a language asked for in the address is kept on the way."""
    held = register.operator()
    asked = f"?lang={request.LANGUAGE_CODE}" if "lang" in request.GET else ""
    return context | {"operator": held, "order": held.languages if held else [], "asked": asked}


def _version_twin(shelf: Shelf, version: AgreementVersion) -> dict[str, Any]:
    readable = shelf.is_public and version.is_public
    address = {"agreement": version.agreement, "number": version.number}
    texts = {
        code: reverse("agreements:text", args=[version.agreement, version.number, code]) for code in version.languages
    }
    return {
        "number": version.number,
        "version": version.label,
        "title": version.title,
        "binding_language": version.binding_language,
        "published_at": version.published_at,
        "valid_from": version.valid_from,
        "asks_acceptance": version.asks_acceptance,
        "changes": version.changes,
        "sha256": version.sha256,
        "page": reverse("agreements:version", args=list(address.values())),
        "texts": texts if readable else {},
    }


def _clauses(version: AgreementVersion, language: str) -> list[dict[str, str]]:
    return [
        {"number": number, "name": name, "title": title, "text": said}
        for number, name, title, said in version.plain_clauses(language)
    ]
