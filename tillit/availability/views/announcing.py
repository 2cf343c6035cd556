"""Announcing a window: said as customers will read it before it is said to them."""

from __future__ import annotations

from datetime import time, timedelta

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from tillit.availability import previewing, words
from tillit.availability.actions.windows import announce_maintenance
from tillit.availability.forms.windows import AnnouncementForm
from tillit.availability.views.typed import clicked, show, typed
from tillit.foundation.access import require
from tillit.foundation.errors import Refused
from tillit.foundation.requests import Request

EVENING = time(22)


def announce(request: Request) -> HttpResponse:
    """The form, and beside it what customers would read, whom it concerns, and what speaks against it."""
    require(request.actor, "availability.announce")
    form = AnnouncementForm(typed(request), initial=_clicked_times(request))
    seen = previewing.preview(form.window(), request.tenant.time_zone) if form.is_valid() else None
    if seen and "preview" not in request.POST:
        try:
            window = announce_maintenance(request.actor, **form.announcement())
        except Refused as refusal:
            show(refusal, form)
        else:
            messages.success(request, _("Announced: %(window)s.") % {"window": words.named(window)})
            return redirect("availability:calendar")
    context = {"form": form, "preview": seen, "zone": timezone.get_current_timezone_name()}
    return render(request, "availability/announce.html", context, status=422 if form.errors else 200)


def _clicked_times(request: Request) -> dict[str, object]:
    """From the day or the hour that was chosen in the calendar: two hours from then."""
    at = clicked(request.GET.get("at", ""), EVENING)
    return {"starts_at": at, "ends_at": at + timedelta(hours=2)} if at else {}
