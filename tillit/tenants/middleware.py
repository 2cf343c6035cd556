"""Which tenant a request is for: by host, and by nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import cast

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpResponse, HttpResponsePermanentRedirect
from django.http.request import split_domain_port
from django.shortcuts import render

from tillit.foundation.models import Tenant
from tillit.foundation.requests import Request

HOUSEKEEPING = ("/healthz", "/readyz", "/metrics")
REMEMBERED_SECONDS = 5.0
MOST_REMEMBERED = 10_000
_remembered: dict[str, tuple[float, Tenant | None]] = {}


class TenantByHost:
    """Sets `request.tenant`; a host that is nobody's answers 421 (RFC 9110, misdirected request).

    Upper case, a port and a final dot make no difference; `www.` before a host that is somebody's leads there.
    """

    def __init__(self, get_response: Callable[[Request], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
        if request.path in HOUSEKEEPING:
            request.tenant = cast(Tenant, None)  # nobody's: these pages ask for no tenant
            return self.get_response(request)
        try:
            host = split_domain_port(request.get_host())[0]
        except DisallowedHost:
            host = ""
        tenant = tenant_of_host(host)
        if tenant is not None:
            request.tenant = tenant
            return self.get_response(request)
        without_www = host.removeprefix("www.")
        if without_www != host and tenant_of_host(without_www) is not None:
            return _lead_to(request, without_www)
        context = {"base_host": settings.BASE_HOST, "scheme": request.scheme}
        return render(None, "421.html", context, status=421)


def tenant_of_host(host: str) -> Tenant | None:
    """The tenant that lives on this host. Remembered for five seconds in each process."""
    found = _remembered.get(host)
    if found and found[0] > time.monotonic():
        return found[1]
    tenant = _look_up(host)
    if len(_remembered) > MOST_REMEMBERED:  # somebody is inventing hosts
        _remembered.clear()
    _remembered[host] = (time.monotonic() + REMEMBERED_SECONDS, tenant)
    return tenant


def forget_hosts() -> None:
    """After a change to tenants, and between tests."""
    _remembered.clear()


def _lead_to(request: Request, host: str) -> HttpResponse:
    port = split_domain_port(request.get_host())[1]
    address = f"{request.scheme}://{host}{f':{port}' if port else ''}{request.get_full_path()}"
    return HttpResponsePermanentRedirect(address, preserve_request=True)


def _look_up(host: str) -> Tenant | None:
    base = split_domain_port(settings.BASE_HOST)[0]
    if host == base:
        return Tenant.objects.filter(kind=Tenant.Kind.OPERATOR).first()
    slug, dot, rest = host.partition(".")
    if not dot or rest != base:
        return None
    others = Tenant.objects.exclude(kind=Tenant.Kind.OPERATOR).exclude(state=Tenant.State.DELETED)
    return others.filter(slug=slug).first()
