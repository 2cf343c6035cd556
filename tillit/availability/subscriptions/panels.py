"""On the status page: where to subscribe, in one line."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language

from tillit.foundation.requests import Request


@login_not_required
def ways(request: Request) -> HttpResponse:
    return render(request, "subscriptions/ways.html", {"language": (get_language() or "en")[:2]})
