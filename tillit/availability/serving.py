"""Documents for programs: any page may read them, any cache may keep them a while, and who has one already gets 304."""

from __future__ import annotations

import hashlib
import re

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response

WEIGHT = re.compile(r"q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)")


def takes_gzip(request: HttpRequest) -> bool:
    """Whether `Accept-Encoding` names gzip and does not refuse it with `q=0` (RFC 9110, 12.5.3)."""
    for offered in request.headers.get("Accept-Encoding", "").lower().split(","):
        coding, *weight = offered.replace(" ", "").replace("\t", "").split(";")
        if coding == "gzip":
            found = WEIGHT.fullmatch(weight[0]) if weight else None
            return not weight or bool(found and float(found[1]))
    return False


def serve(request: HttpRequest, body: bytes, content_type: str, *, seconds: int) -> HttpResponse:
    """The document with an ETag of its content, fresh for so many seconds, without a cookie."""
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    response = HttpResponse(body, content_type=content_type)
    headers = {"ETag": etag, "Cache-Control": f"public, max-age={seconds}", "Access-Control-Allow-Origin": "*"}
    found = get_conditional_response(request, etag=etag, response=response) or response
    for name, value in headers.items():
        found.headers[name] = value
    return found
