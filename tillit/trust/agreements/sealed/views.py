"""Sealed files over HTTP: of a version, for everybody or for members; a customer's bundle; and whose seal it is."""

from __future__ import annotations

from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import http_date
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import condition, require_http_methods, require_safe

from tillit.foundation import files
from tillit.foundation.access import require
from tillit.foundation.errors import Refused
from tillit.foundation.requests import Request
from tillit.trust import queries as register
from tillit.trust.agreements import queries
from tillit.trust.agreements.models import AgreementVersion, Bundle, SealedDocument
from tillit.trust.agreements.queries import Shelf
from tillit.trust.agreements.sealed import actions, store
from tillit.trust.agreements.sealed.queries import bundles, document
from tillit.trust.agreements.sealed.sealkey import certificate_in_use, current_seal
from tillit.trust.publishing import public_page

PDF = "application/pdf"
A_DAY = 86_400


@login_not_required
@require_safe
def pdf(request: Request, slug: str, number: int, language: str) -> HttpResponseBase:
    """For everybody. Made once, it never changes; until it is made, the answer is 404 and says when to come back."""
    shelf = queries.shelf(slug)
    version = _version(shelf, number, language)
    if shelf is None or not (shelf.is_public and version.is_public):
        raise Http404("not for everybody")
    made = document(version, language)
    return _file(request, made, f"{slug}-{number}-{language}.pdf") if made else _being_made(request, version, language)


@require_safe
def pdf_inside(request: Request, slug: str, number: int, language: str) -> HttpResponseBase:
    """The same for members, also of what is not for everybody."""
    require(request.actor, "agreements.read")
    standing = queries.standing(slug)
    if standing is None or not standing.readable:
        raise Http404("no such agreement")
    made = document(_version(standing.shelf, number, language), language)
    if made is None:
        messages.info(request, _("The PDF is being made. Try again in a minute."))
        return redirect("agreements:read", slug)
    response = _file(request, made, f"{slug}-{number}-{language}.pdf")
    response.headers["Cache-Control"] = "private, no-cache"
    return response


@public_page
def seal(request: Request) -> HttpResponse:
    """Whose seal the documents carry, and how to check it."""
    held = register.operator()
    return render(request, "sealed/seal.html", {"seal": current_seal(), "operator": held})


@public_page
def certificate(_request: Request) -> HttpResponse:
    """The certificate itself (PEM), to be trusted by a reader's program."""
    found = certificate_in_use()
    if found is None:
        raise Http404("nothing was sealed yet")
    content = x509.load_der_x509_certificate(found).public_bytes(Encoding.PEM)
    response = HttpResponse(content, content_type="application/x-pem-file")
    response.headers["Content-Disposition"] = 'attachment; filename="seal.pem"'
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def bundle(request: Request) -> HttpResponse:
    """Everything in force as one file: ask for it, see it being made, download it."""
    require(request.actor, "agreements.read")
    if request.method == "POST":
        try:
            actions.ask_bundle(request.actor, language=request.LANGUAGE_CODE[:2])
        except Refused as refused:
            messages.error(request, str(refused))
        return redirect("sealed:bundle")
    found = bundles()
    context = {
        "bundles": [one for one in found if not one.is_under_way],
        "under_way": next((one for one in found if one.is_under_way), None),
        "may_ask": request.actor.may("agreements.accept"),
        "seal": current_seal(),
    }
    template = "sealed/bundle.html#state" if request.headers.get("HX-Request") else "sealed/bundle.html"
    return render(request, template, context)


@require_safe
def bundle_file(request: Request, pk: int) -> FileResponse:
    require(request.actor, "agreements.read")
    made = get_object_or_404(Bundle.objects.select_related("file").exclude(file=None), pk=pk)
    response = FileResponse(files.path_of(made.file).open("rb"), content_type=PDF, filename=made.file.name)
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _version(shelf: Shelf | None, number: int, language: str) -> AgreementVersion:
    found = shelf.numbered(number) if shelf else None
    if found is None or language not in found.sha256:
        raise Http404("no such version in this language")
    return found


def _file(request: Request, made: SealedDocument, name: str) -> HttpResponseBase:
    def etag(*_arguments: Any, **_named: Any) -> str:
        return f'"{made.sha256}"'

    @cache_control(public=True, max_age=A_DAY, immutable=True)
    @condition(etag_func=etag)
    def answered(_request: Request) -> HttpResponseBase:
        path = store.path_of(made.sha256)
        if not path.exists():
            raise Http404("the file is missing in the data folder")
        response = FileResponse(path.open("rb"), content_type=PDF, filename=name)
        response.headers["Last-Modified"] = http_date(made.made_at.timestamp())
        return response

    return answered(request)


def _being_made(request: Request, version: AgreementVersion, language: str) -> HttpResponse:
    context = {"version": version, "title": version.title[language], "sha256": version.sha256[language]}
    response = render(request, "sealed/being_made.html", context, status=404)
    response.headers["Retry-After"] = "60"
    response.headers["Cache-Control"] = "no-store"
    return response
