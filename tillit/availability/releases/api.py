"""JSON for other programs, without sign-in."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from tillit.availability.api import answer
from tillit.availability.releases import publishing
from tillit.foundation.requests import Request


@login_not_required
@require_safe
def releases(request: Request) -> HttpResponse:
    """`GET /status/releases.json`: waves, the seed and rule of the draw, the gate, and the last twenty releases."""
    return answer(request, publishing.everything())
