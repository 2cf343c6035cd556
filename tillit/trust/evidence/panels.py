"""What the public page says of this room: where auditors and programs find more."""

from __future__ import annotations

import json
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.shortcuts import render

from tillit.foundation.requests import Request
from tillit.trust.evidence import linked
from tillit.trust.evidence.queries.cloud import Cloud


@login_not_required
def more(request: Request) -> HttpResponse:
    """Links to the evidence, and the page once more as JSON-LD: a data block, which browsers do not run."""
    cloud = Cloud()
    context: dict[str, Any] = {
        "asked": f"?lang={request.LANGUAGE_CODE}" if "lang" in request.GET else "",
        "linked": linked.as_script(json.dumps(linked.organisation(request, cloud), ensure_ascii=False)),
    }
    return render(request, "evidence/more.html", context)
