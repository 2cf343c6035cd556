"""Documents for programs: any page may read them, any cache may keep them a while, and who has one already gets 304."""

from __future__ import annotations

import hashlib

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response


def serve(request: HttpRequest, body: bytes, content_type: str, *, seconds: int) -> HttpResponse:
    """The document with an ETag of its content, fresh for so many seconds, without a cookie."""
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    response = HttpResponse(body, content_type=content_type)
    headers = {"ETag": etag, "Cache-Control": f"public, max-age={seconds}", "Access-Control-Allow-Origin": "*"}
    found = get_conditional_response(request, etag=etag, response=response) or response
    for name, value in headers.items():
        found.headers[name] = value
    return found
