"""Fragments lent to lower pages: where the signed copy of the status page is, and by which key it is known."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.shortcuts import render

from tillit.availability.copies import key
from tillit.foundation.requests import Request


@login_not_required
def copy_line(request: Request) -> HttpResponse:
    address = settings.STATUS_COPY_PAGE
    context = {
        "address": address,
        "key_file": f"{address.rstrip('/')}/key.pem" if address else "",
        "key": key.public_key(),
        "fingerprint_command": key.FINGERPRINT_COMMAND,
    }
    return render(request, "copies/copy_line.html", context)
