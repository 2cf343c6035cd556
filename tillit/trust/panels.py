"""Lent to every page: what was announced to this administrator, and what rests because of an objection."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from tillit.foundation.purposes import known_purposes
from tillit.foundation.requests import Request
from tillit.trust import history, queries
from tillit.trust.models import Told
from tillit.trust.quiet import quiet


@quiet
def notices(request: Request) -> HttpResponse:
    """Quiet, and only for those who can decide: two queries where there is nothing to say."""
    if not request.actor.user or not request.actor.may("trust.object"):
        return HttpResponse(status=204)
    told = queries.notices(request.actor.user, request.tenant)
    resting = queries.resting(request.tenant)
    if not told and not resting:
        return HttpResponse(status=204)
    context = {
        "told": [(one, _title(one)) for one in told],
        "resting": [(one, known_purposes().get(one.purpose)) for one in resting],
    }
    return render(request, "trust/notices.html", context)


def _title(told: Told) -> str:
    rows = queries.LISTS[told.section].objects.filter(**{queries.KEYS[told.section]: told.slug}, number=told.number)
    row = rows.first()
    return history.title_of(told.section, row) if row else told.slug
