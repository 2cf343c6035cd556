"""The general part of the evidence: for everybody, without sign-in or cookie."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language

from tillit.foundation.requests import Request
from tillit.trust.evidence import clauses
from tillit.trust.evidence.framing import framed
from tillit.trust.evidence.queries.annexes import annexes as made_annexes
from tillit.trust.evidence.queries.cloud import Cloud
from tillit.trust.evidence.queries.jurisdiction import ownerless, seats
from tillit.trust.publishing import public_page


@public_page
def dora(request: Request) -> HttpResponse:
    cloud = Cloud()
    rows = clauses.rows("dora", cloud)
    context = framed(request, cloud, table=clauses.table("dora"), rows=rows)
    return render(request, "evidence/dora_public.html", context)


@public_page
def gdpr(request: Request) -> HttpResponse:
    cloud = Cloud()
    rows = clauses.rows("gdpr", cloud)
    context = framed(request, cloud, table=clauses.table("gdpr"), rows=rows)
    return render(request, "evidence/gdpr_public.html", context)


@public_page
def jurisdiction(request: Request) -> HttpResponse:
    cloud = Cloud()
    context = framed(request, cloud, seats=seats(cloud), ownerless=ownerless(cloud), measures=cloud.measures)
    return render(request, "evidence/jurisdiction.html", context)


@public_page
def annexes(request: Request) -> HttpResponse:
    found = made_annexes((get_language() or "en")[:2])
    return render(request, "evidence/annexes.html", framed(request, Cloud(), found=found))
