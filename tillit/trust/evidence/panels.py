"""What the public page says of this room: where auditors and programs find more."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.shortcuts import render

from tillit.foundation.requests import Request


@login_not_required
def more(request: Request) -> HttpResponse:
    """Links alone: no query."""
    asked = f"?lang={request.LANGUAGE_CODE}" if "lang" in request.GET else ""
    return render(request, "evidence/more.html", {"asked": asked})
