"""`/operator/probers/`: who measures."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tillit.availability.probes.actions.probers import add_prober, end_prober
from tillit.availability.probes.forms import ProberForm
from tillit.availability.probes.models import Prober
from tillit.availability.probes.queries import mailbox_error, why_no_mail_in
from tillit.foundation.access import require
from tillit.foundation.errors import Refused
from tillit.foundation.requests import Request


def probers(request: Request) -> HttpResponse:
    """Those at work and those that were, and the form for another one."""
    require(request.actor, "probes.manage")
    form = ProberForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            prober = add_prober(request.actor, **form.cleaned_data)
        except (Refused, ValidationError) as refusal:
            form.add_error(None, str(refusal) if isinstance(refusal, Refused) else refusal)
        else:
            messages.success(request, _("%(prober)s may deliver now.") % {"prober": prober.name})
            return redirect("probes:probers")
    why = why_no_mail_in() or mailbox_error()
    context = {"probers": Prober.objects.order_by("ended_at", "name"), "form": form, "why": why}
    return render(request, "probes/probers.html", context, status=422 if form.errors else 200)


@require_POST
def end(request: Request, name: str) -> HttpResponse:
    prober = get_object_or_404(Prober, name=name)
    try:
        end_prober(request.actor, prober=prober)
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("probes:probers")
