"""What a request gets while work stands still: pages and programs are told why and until when, without a database.

Stands right behind the middleware that knows the tenant, before anything that reads a session. The operator's host, the
trust centre, the status page and the health of the process go on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port
from django.shortcuts import render
from django.utils import timezone, translation

from tillit.availability import effects, lastcopy, queries
from tillit.foundation.models import Tenant
from tillit.foundation.requests import Request
from tillit.foundation.standstill import Standstill
from tillit.foundation.web import HEADERS, language_of
from tillit.site.api.problems import PAUSED, problem

API = "/api/v1/"
HEADER = "Tillit-Maintenance"
READING = ("GET", "HEAD", "OPTIONS")
NO_ACTIONS = ("/account/password/", "/account/security/")  # pages of a library, which would change all the same
TO_SIGN_IN = ("/authenticate/", "/reauthenticate/", "/webauthn/login/")  # the second step, and passkeys
GOES_ON = (*(path for path in settings.COOKIELESS_PATHS if path != "/api/"), "/api/state/", "/api/v2/")
Handler = Callable[[Request], HttpResponse]


class EffectOfMaintenance:
    """Offline windows: 503 with a page, or a problem document. Read-only ones: the same for writing by the API, and
    where a page changes something without an action, which would refuse it.

    Every answer of the API tells the tenant's next window in a header field.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
        tenant: Tenant | None = request.tenant
        if tenant is None or request.path.startswith(GOES_ON):
            return self.get_response(request)
        by_program = request.path.startswith(API)
        found = effects.standstill(tenant, effects.API if by_program else effects.PAGES)
        of_library = request.path.startswith(NO_ACTIONS) and not request.path.endswith(TO_SIGN_IN)
        writes = request.method not in READING and (by_program or of_library)
        if found and (found.is_offline or writes):
            response = _refuse(request, tenant)
            vars(response)["_has_been_logged"] = True  # else Django logs each as an error
        else:
            response = self.get_response(request)
        if by_program and (told := effects.header(tenant)):
            response.headers[HEADER] = told
        return response


def without_database(request: HttpRequest) -> HttpResponse:
    """The answer while the database is away, from the last good copy; whoever signs in sees there what is announced."""
    copy = lastcopy.load()
    tenant = copy.tenant(_slug(request))
    told = copy.concerning(tenant)
    asked: Any = request
    asked.tenant = tenant
    with translation.override(language_of(asked)), timezone.override(ZoneInfo(tenant.time_zone)):
        found = effects.standstill_in(told.windows, tenant)
        if not request.path.startswith(API):
            return _page(found, told)
        response = problem(503, found.sentence if found else "", headers={"Retry-After": _again(found)})
        if header := effects.header_of(told.windows):
            response.headers[HEADER] = header
        return response


def _refuse(request: Request, tenant: Tenant) -> HttpResponse:
    """Said in the reader's language and the tenant's time: nobody has signed in yet."""
    parts = effects.API if request.path.startswith(API) else effects.PAGES
    with translation.override(language_of(request)), timezone.override(ZoneInfo(tenant.time_zone)):
        found = effects.standstill(tenant, parts)
        if request.path.startswith(API):
            sentence = found.sentence if found else ""
            return problem(503, sentence, kind=PAUSED, headers={"Retry-After": _again(found)})
        told = lastcopy.Notices(timezone.now(), "maintenance", [], effects.windows_of(tenant))
        return _page(found, told)


def _page(found: Standstill | None, told: lastcopy.Notices) -> HttpResponse:
    context = {
        "standstill": found,
        "notices": told,
        "interruptions": queries.merged(told.windows),
        "days": queries.NOTICE_DAYS,
    }
    again = {"Retry-After": _again(found), "Cache-Control": "no-store", "Vary": "Accept-Language"}
    response = render(None, "availability/paused.html", context, status=503)
    for name, value in (HEADERS | again | {"Content-Language": translation.get_language() or "en"}).items():
        response.headers[name] = value
    return response


def _again(found: Standstill | None) -> str:
    return str(found.seconds if found else 5)


def _slug(request: HttpRequest) -> str:
    """The tenant's part of the host; empty for the operator's own."""
    try:
        host = split_domain_port(request.get_host())[0]
    except DisallowedHost:
        return "?"
    base = split_domain_port(settings.BASE_HOST)[0]
    return "" if host == base else host.removesuffix(f".{base}")
