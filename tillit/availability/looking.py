"""Pages as a stranger sees them: asked through the whole house, from its first layer to its last, without a network.

A proof that an announcement stands on a page must come from the page, not from the table it is made of.
"""

from __future__ import annotations

import functools
import io

from django.conf import settings
from django.core.handlers.base import BaseHandler
from django.core.handlers.wsgi import WSGIRequest
from django.utils import translation

from tillit.foundation.models import Tenant

OWN_EYES = "tillit.own_eyes"  # in the WSGI environment, where no header reaches: nobody's request, counted nowhere


class NotShown(Exception):
    """A page did not answer."""


def page(path: str, tenant: Tenant) -> str:
    """What `path` answers a stranger on this tenant's host. Raises NotShown if it is no page."""
    base = settings.BASE_HOST
    host = base if tenant.is_operator else f"{tenant.slug}.{base}"
    with translation.override(None):
        response = _house().get_response(WSGIRequest(_question(path, host)))
    if response.status_code != 200:
        raise NotShown(f"{host}{path} answered {response.status_code}")
    return b"".join(response).decode()


def _question(path: str, host: str) -> dict[str, object]:
    name, _colon, port = host.partition(":")
    return {
        "REQUEST_METHOD": "GET", "PATH_INFO": path, "SCRIPT_NAME": "", "QUERY_STRING": "", "HTTP_HOST": host,
        "SERVER_NAME": name, "SERVER_PORT": port or "443", "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "127.0.0.1",
        "wsgi.url_scheme": "https", "wsgi.input": io.BytesIO(), "HTTP_ACCEPT_LANGUAGE": "en",
        OWN_EYES: True,
    }  # fmt: skip


@functools.cache
def _house() -> BaseHandler:
    handler = BaseHandler()
    handler.load_middleware()
    return handler
