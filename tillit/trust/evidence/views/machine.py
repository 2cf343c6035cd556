"""The evidence for programs: JSON twins, their schemas, and the list of all of them."""

from __future__ import annotations

import json
from typing import Any

from django.http import Http404, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import get_language

from tillit.foundation.requests import Request
from tillit.trust.evidence import clauses, linked
from tillit.trust.evidence import published as schemas
from tillit.trust.evidence.queries import annexes as annexes_of
from tillit.trust.evidence.queries import jurisdiction as jurisdiction_of
from tillit.trust.evidence.queries.cloud import Cloud
from tillit.trust.publishing import public_page
from tillit.trust.views.machine import twin


@public_page
def dora(_request: Request) -> JsonResponse:
    return twin(**clauses.as_json("dora", Cloud()))


@public_page
def gdpr(_request: Request) -> JsonResponse:
    return twin(**clauses.as_json("gdpr", Cloud()))


@public_page
def jurisdiction(_request: Request) -> JsonResponse:
    return twin(**jurisdiction_of.as_json(Cloud()))


@public_page
def annexes(_request: Request) -> JsonResponse:
    made = annexes_of.annexes((get_language() or "en")[:2])
    return twin(**{key: value for key, value in made.items() if key not in ("made_at", "changed_at")})


@public_page
def index(request: Request) -> JsonResponse:
    """Every twin with its schema, and where to hear of changes."""
    listed = [
        {"name": name, "url": request.build_absolute_uri(path), "schema": request.build_absolute_uri(schema)}
        for name, path, schema in schemas.twins()
    ]
    return twin(twins=listed, subscribe=request.build_absolute_uri(reverse("evidence:subscribe")))


@public_page
def index_jsonld(request: Request) -> JsonResponse:
    """The trust centre in schema.org's words. A file of its own: the page itself has no script element at all."""
    told = JsonResponse(linked.organisation(request, Cloud()), json_dumps_params={"ensure_ascii": False, "indent": 1})
    told.headers["Content-Type"] = "application/ld+json"
    told.headers["Access-Control-Allow-Origin"] = "*"
    return told


@public_page
def schema(_request: Request, name: str) -> HttpResponse:
    """JSON Schema, draft 2020-12. References are relative to the address."""
    found: dict[str, Any] | None = schemas.read(name)
    if found is None:
        raise Http404(name)
    sent = HttpResponse(json.dumps(found, indent=1, ensure_ascii=False), content_type="application/schema+json")
    sent.headers["Access-Control-Allow-Origin"] = "*"
    return sent
