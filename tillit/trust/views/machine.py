"""The trust centre for programs: JSON twins of the page's parts, security.txt, robots.txt. Shapes: see README.md."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import Http404, HttpResponse, JsonResponse
from django.urls import reverse

from tillit.foundation.requests import Request
from tillit.trust import queries
from tillit.trust.dated import Entry
from tillit.trust.models import Agreement, DataCentre, Measure, Operator, Processor, Region, Statement
from tillit.trust.publishing import public_page

TEXT = "text/plain; charset=utf-8"


@public_page
def processors(_request: Request) -> JsonResponse:
    rows = list(Processor.objects.standing())
    versions: dict[str, list[dict[str, Any]]] = {}
    for row in Processor.objects.order_by("number"):
        versions.setdefault(row.slug, []).append(_dates(row))
    return twin(processors=[_processor(row) | {"versions": versions[row.slug]} for row in rows])


@public_page
def agreements(_request: Request) -> JsonResponse:
    return twin(agreements=[_agreement(row) for row in Agreement.objects.in_force()])


@public_page
def measures(_request: Request) -> JsonResponse:
    rows = Measure.objects.in_force().exclude(place="")
    return twin(measures=[{"slug": row.slug, "place": row.place, "text": row.text} for row in rows])


@public_page
def regions(_request: Request) -> JsonResponse:
    return twin(regions=[_region(row) for row in Region.objects.in_force()])


@public_page
def data_centres(_request: Request) -> JsonResponse:
    return twin(data_centres=[_data_centre(row) for row in DataCentre.objects.standing()])


@public_page
def statements(_request: Request) -> JsonResponse:
    held = queries.operator()
    promises = {
        "notice_hours": held.notice_hours if held else None,
        "rare_downtime_minutes": held.rare_downtime_minutes if held else None,
    }
    return twin(promises=promises, statements=[_statement(row) for row in Statement.objects.in_force()])


@public_page
def security(request: Request) -> HttpResponse:
    """RFC 9116. The contacts hold for a year after the register was last applied, which confirms them."""
    held, until = queries.operator(), queries.contacts_hold_until()
    if held is None or until is None:
        raise Http404("no register yet")
    own = f"{request.scheme}://{settings.BASE_HOST}"
    addresses = {f"{own}{request.path}", request.build_absolute_uri(request.path)}
    lines = [
        f"Contact: {held.security_contact}",
        f"Expires: {until:%Y-%m-%dT%H:%M:%SZ}",
        f"Preferred-Languages: {', '.join(held.languages)}",
        *(f"Canonical: {address}" for address in sorted(addresses)),
        f"Policy: {own}{reverse('trust:page')}#contact",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type=TEXT)


@public_page
def robots(_request: Request) -> HttpResponse:
    """Everything public is for machines too; the rest needs a sign-in anyway."""
    welcome = ["User-agent: *", "Allow: /trust/", "Allow: /status/", "Allow: /.well-known/", "Disallow: /"]
    return HttpResponse("\n".join(welcome) + "\n", content_type=TEXT)


def twin(**content: Any) -> JsonResponse:
    """The content in the envelope that all twins share; other sites' pages may read it."""
    held = queries.operator()
    envelope = {
        "format": queries.FORMAT,
        "operator": _operator(held) if held else None,
        "changed_at": queries.changed_at(),
    }
    response = JsonResponse(envelope | content, json_dumps_params={"ensure_ascii": False, "indent": 1})
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def _operator(held: Operator) -> dict[str, Any]:
    return {
        "name": held.name,
        "legal_entity": held.legal_entity or None,
        "seat": {"city": held.seat_city or None, "country": held.seat_country or None},
        "contact": held.contact,
        "languages": held.languages,
        "status_page": held.status_page or None,
        "example_data": held.example_data,
        "source": held.source or None,
    }


def _processor(row: Processor) -> dict[str, Any]:
    return {
        "slug": row.slug,
        "name": row.name,
        "role": row.role,
        "seat": {"city": row.seat_city or None, "country": row.seat_country or None, "text": row.seat or None},
        "processing": {"countries": row.processing_countries, "text": row.processing},
        "type": row.type,
        "service": row.service,
        "governance": {"text": row.governance or None, "link": row.governance_link or None},
        "retention_hours": row.retention_hours,
        "legal_entity": row.legal_entity or None,
        "lei": row.lei or None,
        "registration": row.registration or None,
        "parent": row.parent or None,
        "critical": row.critical,
        "contact": row.contact or None,
        "storage": {"countries": row.storage_countries},
        "purposes": row.purposes,
        "reached_at": row.reached_at,
        "private_network": row.private_network,
        "data_categories": row.data_categories,
        "transfer": {
            "basis": row.transfer_basis or None,
            "document": row.transfer_document or None,
            "review": row.transfer_review,
        },
        "stage": row.stage(),
        **_dates(row),
    }


def _dates(row: Entry) -> dict[str, Any]:
    return {
        "number": row.number,
        "announced_at": row.announced_at,
        "in_force_at": row.in_force_at,
        "ended_at": row.ended_at,
    }


def _data_centre(row: DataCentre) -> dict[str, Any]:
    return {
        "slug": row.slug,
        "name": row.name,
        "city": row.city or None,
        "country": row.country,
        "processor": row.processor or None,
        "text": row.text or None,
        "stage": row.stage(),
        **_dates(row),
    }


def _agreement(row: Agreement) -> dict[str, Any]:
    return {
        "slug": row.slug,
        "kind": row.kind,
        "title": row.title,
        "languages": row.languages,
        "file": row.file or None,
        "link": row.link or None,
        "page": reverse("agreements:agreement", args=[row.slug]),
    }


def _region(row: Region) -> dict[str, Any]:
    return {
        "slug": row.slug,
        "name": row.name,
        "countries": row.countries,
        "time_zone": row.time_zone,
        "text": row.text or None,
    }


def _statement(row: Statement) -> dict[str, Any]:
    return {"key": row.key, "section": row.section, "figures": row.figures, "text": row.text}
