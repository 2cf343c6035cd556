"""Saying an announced window otherwise; both versions are public."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from tillit.availability import words
from tillit.availability.actions.windows import revise_maintenance
from tillit.availability.forms.windows import OtherwiseForm
from tillit.availability.models import MaintenanceWindow
from tillit.availability.views.typed import show, typed
from tillit.foundation.access import require
from tillit.foundation.errors import Refused
from tillit.foundation.requests import Request


def otherwise(request: Request, pk: int) -> HttpResponse:
    require(request.actor, "availability.announce")
    window = get_object_or_404(MaintenanceWindow.objects.select_related("rule"), pk=pk)
    form = OtherwiseForm(typed(request), initial=OtherwiseForm.of(window))
    if form.is_valid():
        because = form.cleaned_data["because"]
        try:
            window = revise_maintenance(request.actor, window=window, revised=form.revised(), because=because)
        except Refused as refusal:
            show(refusal, form)
        else:
            messages.success(request, _("Said otherwise: %(title)s") % {"title": words.named(window)})
            return redirect("availability:window", pk)
    context = {"form": form, "window": window, "zone": timezone.get_current_timezone_name()}
    return render(request, "availability/otherwise.html", context, status=422 if form.errors else 200)
