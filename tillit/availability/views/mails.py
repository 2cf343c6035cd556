"""Whether I want to be told of maintenance by mail."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from tillit.availability.actions.mails import choose_mail
from tillit.availability.mailing import wants_mail
from tillit.foundation.access import require
from tillit.foundation.requests import Request


def mail_choice(request: Request) -> HttpResponse:
    require(request.actor, "availability.dismiss")
    if request.method == "POST":
        choose_mail(request.actor, wanted="wanted" in request.POST)
        messages.success(request, _("Saved."))
        return redirect("availability:mail_choice")
    return render(request, "availability/mail_choice.html", {"wanted": wants_mail(request.actor)})
