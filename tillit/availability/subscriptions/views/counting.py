"""`/operator/subscriptions/`: how many hear of the service, and to whom mails rest. No address is shown."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from tillit.availability.subscriptions import queries
from tillit.foundation.access import require
from tillit.foundation.requests import Request


def counted(request: Request) -> HttpResponse:
    require(request.actor, "subscriptions.count")
    context = {"counts": queries.counts(), "pauses": queries.pauses()}
    return render(request, "subscriptions/counted.html", context)
