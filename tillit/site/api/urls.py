"""The API: the rooms' routers under one roof, and what is the same for every request to it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, re_path
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI
from ninja.parser import Parser
from pydantic_core import from_json

from tillit.crm.api.companies import router as companies
from tillit.crm.api.persons import router as persons
from tillit.foundation.requests import Request
from tillit.site.api import documentation
from tillit.site.api.problems import LARGEST_BODY, handle_errors, problem
from tillit.site.api.tokens import AccessToken, Caller

View = Callable[..., HttpResponse]
JSON = ("application/json", "application/merge-patch+json")


class StrictParser(Parser):
    """UTF-8 only, and none of what Python's own parser lets pass: NaN, half characters, hundreds of nested lists."""

    def parse_body(self, request: HttpRequest) -> Any:
        return from_json(request.body, allow_inf_nan=False)


api = NinjaAPI(
    title="Tillit API",
    version="1",
    auth=AccessToken(),
    openapi_url=None,  # served by `documentation`, made once
    docs_url=None,
    urls_namespace="api",
    parser=StrictParser(),
)
api.add_router("companies", companies, tags=["Companies"])
api.add_router("persons", persons, tags=["Persons"])
handle_errors(api)


def guarded(view: View) -> View:
    """Around every view: no cookie and no CSRF token, JSON bodies of limited size, and errors that leave nothing."""

    @login_not_required
    @csrf_exempt
    @functools.wraps(view)
    def answer(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "HEAD":
            request.method = "GET"  # the server leaves the body out
        response = _unreadable(request) or view(request, *args, **kwargs)
        if response.status_code == 405 and "json" not in response["Content-Type"]:
            response = problem(405, headers={"Allow": response["Allow"]})
        if response.status_code >= 400:
            request.failed = True  # what an error leaves behind is rolled back, see foundation.web.Acting
        response.headers.setdefault("Cache-Control", "private, no-cache")
        caller: Caller | None = getattr(request, "auth", None)
        if caller is not None:
            for name, value in caller.allowance.headers().items():
                response.headers[name] = value
        return response

    return answer


def _unreadable(request: Request) -> HttpResponse | None:
    """An error document for a body that is not worth reading."""
    if request.method not in ("POST", "PATCH", "PUT"):
        return None
    if "Transfer-Encoding" in request.headers and not request.headers.get("Content-Length"):
        return problem(411)
    try:
        length = int(request.headers.get("Content-Length") or 0)
    except ValueError:
        return problem(400, _("The header Content-Length is no number."))
    if length > LARGEST_BODY:
        return problem(413, _("A body may have at most %(number)s bytes.") % {"number": LARGEST_BODY})
    charset = (request.content_params or {}).get("charset", "utf-8")
    if length and (request.content_type not in JSON or charset.lower() != "utf-8"):
        return problem(415, _("Please send application/json in UTF-8."), headers={"Accept-Post": JSON[0]})
    return None


def nowhere(_request: Request, rest: str) -> HttpResponse:
    """Every other address under this roof."""
    del rest
    return problem(404, _("There is nothing at this address. /api/v1/docs lists all there are."))


def _guarded_urls() -> list[URLPattern]:
    patterns, _app, _namespace = api.urls
    own = [pattern for pattern in patterns if isinstance(pattern, URLPattern) and pattern.name != "api-root"]
    return [path(str(pattern.pattern), guarded(pattern.callback), name=pattern.name) for pattern in own]


app_name = "api"
urlpatterns = [
    path("openapi.json", guarded(documentation.document_view(api)), name="openapi"),
    path("docs", guarded(documentation.page_view(api)), name="docs"),
    *_guarded_urls(),
    re_path(r"^(?P<rest>.*)$", guarded(nowhere)),
]
