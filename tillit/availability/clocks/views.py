"""The operator's page of deadlines, and the fact sheet of an incident."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from tillit.availability.clocks import queries
from tillit.availability.clocks.actions import mark_reported
from tillit.availability.clocks.forms import ReportForm
from tillit.availability.clocks.laws import laws
from tillit.availability.clocks.models import ClockStart
from tillit.availability.models import Incident
from tillit.foundation.access import require
from tillit.foundation.errors import Refused
from tillit.foundation.requests import Request


@require_safe
def clocks(request: Request) -> HttpResponse:
    """Every clock that was started, what is due first at the top, and the numbers they come from."""
    require(request.actor, "clocks.keep")
    found = queries.clocks()
    context = {
        "running": [one for one in found if not one.is_done],
        "done": [one for one in found if one.is_done],
        "laws": laws().values(),
        "form": ReportForm(),
        "zone": timezone.get_current_timezone_name(),
    }
    return render(request, "clocks/clocks.html", context)


@require_POST
def report(request: Request, pk: int, deadline: str) -> HttpResponse:
    require(request.actor, "clocks.keep")
    start = get_object_or_404(ClockStart, pk=pk)
    form = ReportForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(str(error) for errors in form.errors.values() for error in errors))
        return redirect("clocks:clocks")
    try:
        mark_reported(request.actor, start=start, deadline=deadline, **form.cleaned_data)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Marked as reported."))
    return redirect("clocks:clocks")


@require_safe
def facts(request: Request, incident: int) -> HttpResponse:
    """What reports ask for, on a page to read and print."""
    require(request.actor, "clocks.keep")
    found = get_object_or_404(Incident.objects.told().select_related("window"), pk=incident)
    context = {"incident": found, "facts": queries.facts(found), "clocks": queries.clocks(found.pk)}
    return render(request, "clocks/facts.html", context)


@require_safe
def facts_json(request: Request, incident: int) -> HttpResponse:
    require(request.actor, "clocks.keep")
    found = get_object_or_404(Incident.objects.told().select_related("window"), pk=incident)
    return JsonResponse(queries.facts(found), json_dumps_params={"ensure_ascii": False, "indent": 1})
