"""What every request needs: headers, language, one transaction in the tenant, and the shell around a page."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import Any, cast
from zoneinfo import ZoneInfo

from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers
from django.utils.functional import SimpleLazyObject
from django.utils.http import url_has_allowed_host_and_scheme

from tillit.foundation.access import Actor
from tillit.foundation.errors import Refused
from tillit.foundation.menu import MenuEntry
from tillit.foundation.models import User
from tillit.foundation.requests import Request
from tillit.foundation.standstill import Paused
from tillit.foundation.tenancy import in_tenant

Handler = Callable[[Request], HttpResponse]
SUPPORTED = {code for code, _name in settings.LANGUAGES}
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    ),
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), browsing-topics=()",
}


class SecurityHeaders:
    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
        response = self.get_response(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response


class Language:
    """The language and zone of this request: `?lang=`, else the person's, else the browser's, else the tenant's.

    Public pages never look at the session, so they stay free of cookies.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
        if is_public(request):
            request.user = AnonymousUser()  # else the first look at the user reads the session
        user = _person(request)
        language = _asked_for(request) or (user.language if user else "") or _accepted(request)
        zone = user.time_zone if user else (request.tenant.time_zone if request.tenant else "UTC")
        with translation.override(language), timezone.override(ZoneInfo(zone)):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        if not is_public(request):
            response.headers.setdefault("Cache-Control", "private, no-cache")
        patch_vary_headers(response, ["Accept-Language"])
        return response


class SpoiltCookie:
    """Who brings a form's cookie that is none gets a new one with the next form; no other page sets it.

    Stands behind Django's `CsrfViewMiddleware`, which would answer with a cookie wherever it came.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
        if request.META.pop("CSRF_COOKIE_NEEDS_UPDATE", False):
            request.META.pop("CSRF_COOKIE", None)
        return self.get_response(request)


class BodyLimit:
    """Whoever announces a body larger than is taken here is told so before it is read.

    Only the pages that take files accept large ones, and only from somebody who brings a session.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
        announced = request.META.get("CONTENT_LENGTH") or "0"
        takes_files = request.path.endswith(settings.LARGE_UPLOADS) and settings.SESSION_COOKIE_NAME in request.COOKIES
        limit = settings.LARGEST_UPLOAD if takes_files else settings.LARGEST_BODY
        speaks_for_itself = request.path.startswith("/api/")  # with a limit and an answer of its own
        if announced.isdigit() and int(announced) > limit and not speaks_for_itself:
            return render(None, "413.html", status=413)
        return self.get_response(request)


class Acting:
    """The view runs in one transaction in the host's tenant, with the person as `request.actor`."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
        if request.tenant is None:
            return self.get_response(request)
        request.actor = cast(Actor, SimpleLazyObject(lambda: _actor(request)))
        request.failed = False
        with in_tenant(request.tenant):
            response = self.get_response(request)
            if request.failed or response.status_code >= 500:
                transaction.set_rollback(True)
        return _end_of_session(request, response)

    def process_view(self, request: Request, view: Any, _args: Any, _kwargs: Any) -> None:
        """A signed-in person without a membership here sees nothing of this tenant."""
        needs_membership = getattr(view, "login_required", True)
        if needs_membership and request.tenant and request.user.is_authenticated and not request.actor.role:
            raise PermissionDenied("no membership")

    def process_exception(self, request: Request, exception: Exception) -> HttpResponse | None:
        """Undo what the view wrote, but only at the end: the page that answers the exception may still read.

        A refusal that no view has caught is said on a page of its own, or in a toast.
        """
        request.failed = True
        return _say(request, exception) if isinstance(exception, Refused) else None


def _say(request: Request, refusal: Refused) -> HttpResponse:
    if not is_fragment(request):
        paused = refusal.standstill if isinstance(refusal, Paused) else None
        code = 503 if paused else 409
        response = render(request, "409.html", {"refusal": str(refusal), "code": code}, status=code)
        if paused:
            response.headers["Retry-After"] = str(paused.seconds)
            vars(response)["_has_been_logged"] = True  # else Django logs each as an error
        return response
    toast = json.dumps({"toast": {"text": str(refusal), "tone": "bad"}})
    return HttpResponse(status=409, headers={"HX-Reswap": "none", "HX-Trigger": toast})


def is_public(request: Request) -> bool:
    """Pages that never set or read a cookie."""
    return request.path.startswith(settings.COOKIELESS_PATHS)


def is_fragment(request: Request) -> bool:
    """Whether htmx asks for a part of the page (and is not merely restoring a page from its history)."""
    return bool(request.htmx) and not request.htmx.history_restore_request


def back(request: Request) -> HttpResponse:
    """To the page of ours that a form names in `next`, else to the first one.

    Not by `redirect`, which takes `crm:companies` for the name of a view, and fails at a word that is none.
    """
    wanted = request.POST.get("next", "")
    ours = wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, None)
    return HttpResponseRedirect(wanted if ours else "/")


def shell(request: Request) -> dict[str, Any]:
    """Context of every page: navigation, actor, tenant, theme."""
    tenant = getattr(request, "tenant", None)
    context: dict[str, Any] = {
        "tenant": tenant,
        "language": translation.get_language(),
        "release": settings.RELEASE,
    }
    if tenant is None or is_public(request) or not hasattr(request, "actor"):
        return context | {"theme": "auto"}
    user = _person(request)
    return context | {
        "actor": request.actor,
        "theme": user.theme if user else "auto",
        "menu": SimpleLazyObject(lambda: _menu(request)),
        "here": SimpleLazyObject(lambda: _here(request)),
        "search_url": address("crm:search"),
    }


def menu_entries(actor: Actor) -> list[MenuEntry]:
    entries = [entry for room in apps.get_app_configs() for entry in getattr(room, "menu", ())]
    return sorted((e for e in entries if actor.may(e.grant)), key=lambda entry: entry.order)


def _menu(request: Request) -> list[dict[str, Any]]:
    shown = []
    for entry in menu_entries(request.actor):
        url = address(entry.url_name)
        shown.append({"label": entry.label, "url": url, "key": entry.key, "active": request.path.startswith(url)})
    return shown


def _here(request: Request) -> str:
    """The places of the menu in which the page lies; with the role and the language, all that the menu differs by."""
    return " ".join(entry["url"] for entry in _menu(request) if entry["active"])


def address(name: str) -> str:
    """Of a page without arguments, found once in the life of the process; empty where no room has it."""
    return _address(settings.ROOT_URLCONF, name)


@functools.cache
def _address(_pages: str, name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def _actor(request: Request) -> Actor:
    user = _person(request)
    return Actor.of(user, request.tenant) if user else Actor.nobody(request.tenant)


def _person(request: Request) -> User | None:
    user = getattr(request, "user", None)
    return user if user is not None and user.is_authenticated else None


def language_of(request: Request) -> str:
    """What a page speaks that nobody has signed in to: `?lang=`, else what the browser prefers, else the tenant's."""
    return _asked_for(request) or _accepted(request)


def _asked_for(request: Request) -> str:
    asked = request.GET.get("lang", "")[:2]
    return asked if asked in SUPPORTED else ""


def _accepted(request: Request) -> str:
    if "HTTP_ACCEPT_LANGUAGE" not in request.META and request.tenant:
        return request.tenant.language
    chosen = translation.get_language_from_request(request)[:2]
    return {"no": "nb", "nn": "nb"}.get(chosen, chosen if chosen in SUPPORTED else settings.LANGUAGE_CODE)


def _end_of_session(request: Request, response: HttpResponse) -> HttpResponse:
    """A signed-out htmx request must not swap the sign-in page into a section: the script offers to sign in again."""
    sign_in = redirect_to_login("/").url.split("?")[0]
    leads_there = response.status_code == 302 and response.headers["Location"].startswith(sign_in)
    if leads_there and getattr(request, "htmx", False):
        response = HttpResponse(status=401)
        response.headers["HX-Trigger"] = "session-expired"
    return response
