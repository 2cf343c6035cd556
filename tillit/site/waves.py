"""Whose wave a request belongs to, asked before Django sees it."""

from __future__ import annotations

from typing import Any

from django.db import DatabaseError, InterfaceError, connection
from django.http.request import split_domain_port

from tillit.foundation.models import Tenant
from tillit.tenants.middleware import HOUSEKEEPING, tenant_of_host
from tillit.tenants.queries import host_of

STATE = "/api/state/"  # told by the release that serves the tenant, on whatever host it is asked


def wave_of(environ: dict[str, Any]) -> str:
    """The wave of the tenant of the request's host; «» where it is nobody's, or the database does not tell."""
    path = environ.get("PATH_INFO", "")
    if path in HOUSEKEEPING:
        return ""
    asked = host_of(Tenant(slug=path.removeprefix(STATE))) if path.startswith(STATE) else environ.get("HTTP_HOST", "")
    try:
        tenant = tenant_of_host(split_domain_port(asked)[0])
    except (DatabaseError, InterfaceError):
        connection.close()  # this request is answered here, with a connection of its own
        return ""
    return tenant.wave if tenant else ""
