"""The ninety days of every part, for the status page; what cannot be measured and why, for the incident desk."""

from __future__ import annotations

from datetime import UTC, timedelta

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from tillit.availability.models import Component
from tillit.availability.probes import archive, queries
from tillit.availability.probes.bars import HEIGHT, WIDTH, row
from tillit.availability.probes.plan import probes_of
from tillit.foundation.access import require
from tillit.foundation.clock import now
from tillit.foundation.requests import Request

NEWEST = 3  # months of samples that are linked on the status page itself


@login_not_required
@require_safe
def bars(request: Request) -> HttpResponse:
    """Two queries; a part that was never measured has a row that says so."""
    first = now().astimezone(UTC).date() - timedelta(days=queries.SHOWN_DAYS - 1)
    found = queries.recent_days()
    rows = []
    for component in Component.objects.in_service():
        regions = [region for slug, region in found if slug == component.slug] or [""]
        rows += [
            row(component.name, region, found.get((component.slug, region), {}), first, queries.SHOWN_DAYS)
            for region in regions
        ]
    several = len({one.region for one in rows}) > 1
    context = {"rows": rows, "several": several, "days": queries.SHOWN_DAYS, "height": HEIGHT, "thick": WIDTH}
    context["months"] = archive.months()[:NEWEST]
    return render(request, "probes/bars.html", context)


@require_safe
def unmeasured(request: Request) -> HttpResponse:
    """Nothing, unless a part has to be proven by mail that comes in, and that cannot be."""
    require(request.actor, "probes.manage")
    concerned = any("mail-in" in probes_of(one.slug, one.probes) for one in Component.objects.in_service())
    why = (queries.why_no_mail_in() or queries.mailbox_error()) if concerned else ""
    return render(request, "probes/mail_in.html", {"why": why})
