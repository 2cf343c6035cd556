"""The description of the API, for programs (`openapi.json`) and for people (`docs`, a page without any script)."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Callable

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.cache import get_conditional_response
from ninja import NinjaAPI

from tillit.foundation.requests import Request
from tillit.site.api.document import describe
from tillit.site.api.page import page_of

View = Callable[[Request], HttpResponse]
CACHED = {"Cache-Control": "public, max-age=300"}


def document_view(api: NinjaAPI) -> View:
    """`openapi.json`, made once per process."""

    @functools.cache
    def prepared() -> tuple[bytes, str]:
        body = json.dumps(describe(api), ensure_ascii=False).encode()
        return body, f'"{hashlib.sha256(body).hexdigest()[:32]}"'

    def openapi(request: Request) -> HttpResponse:
        body, etag = prepared()
        headers = {"ETag": etag, "Access-Control-Allow-Origin": "*", **CACHED}
        response = HttpResponse(body, content_type="application/json", headers=headers)
        return get_conditional_response(request, etag=etag, response=response) or response

    return openapi


def page_view(api: NinjaAPI) -> View:
    """`docs`: the same document as a page."""
    prepared = functools.cache(lambda: page_of(describe(api)))

    def docs(request: Request) -> HttpResponse:
        response = render(request, "site/api.html", prepared())
        response.headers["Cache-Control"] = CACHED["Cache-Control"]
        return response

    return docs
