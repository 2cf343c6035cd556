"""The public page's section on where data goes: declared beside observed, refused attempts, how it is enforced."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.shortcuts import render

from tillit.foundation.requests import Request
from tillit.trust.broker import queries
from tillit.trust.broker.words import enforcement


@login_not_required
def flows(request: Request) -> HttpResponse:
    context = {"found": queries.public_flows(), "enforcement": enforcement(), "days": queries.SHOWN_FOR.days}
    return render(request, "broker/flows.html", context)
