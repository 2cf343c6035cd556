"""The one guarded way to call other servers: public addresses only, no redirects, short time-outs, limited size.

Every call to an address a customer typed goes through here. The name is resolved once and the connection goes to that
very address, so that a second DNS answer cannot lead it inside (DNS rebinding).
"""

from __future__ import annotations

import ipaddress
import socket
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx
from django.utils.translation import gettext as _

from tillit.foundation.errors import Refused

TIMEOUT = httpx.Timeout(10.0, connect=5.0)
MAX_BYTES = 5_000_000
LONGEST_SECONDS = 30.0  # for the whole answer, however steadily it drips


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes


def call(method: str, url: str, *, body: bytes = b"", headers: dict[str, str] | None = None) -> Reply:
    """One request to a public HTTPS or HTTP address. Raises Refused for a forbidden or unreachable one."""
    try:
        parts, asked = urlsplit(url), httpx.URL(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except (ValueError, httpx.InvalidURL) as error:
        raise _no_address(url) from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise _no_address(url)
    pinned = asked.copy_with(host=_public_address(parts.hostname, port))
    sent = {**(headers or {}), "Host": parts.netloc.rpartition("@")[2]}
    try:
        with (
            httpx.Client(timeout=TIMEOUT, follow_redirects=False, trust_env=False) as client,
            client.stream(
                method, pinned, content=body, headers=sent, extensions={"sni_hostname": parts.hostname}
            ) as response,
        ):
            return Reply(response.status_code, dict(response.headers), _limited(response))
    except httpx.HTTPError as error:
        raise Refused(_("%(host)s could not be reached.") % {"host": parts.hostname}) from error


def _no_address(url: str) -> Refused:
    return Refused(_("“%(url)s” is no web address.") % {"url": url[:200]})


def _public_address(host: str, port: int) -> str:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:  # a label may have at most 63 letters
        raise Refused(_("%(host)s could not be found.") % {"host": host}) from error
    addresses = [str(entry[4][0]) for entry in found]
    if not addresses or not all(ipaddress.ip_address(address).is_global for address in addresses):
        raise Refused(_("%(host)s is not a public address.") % {"host": host})
    return addresses[0]


def _limited(response: httpx.Response) -> bytes:
    received = bytearray()
    deadline = time.monotonic() + LONGEST_SECONDS
    for chunk in response.iter_bytes():
        received += chunk
        if time.monotonic() > deadline:
            raise Refused(_("%(host)s answers too slowly.") % {"host": response.url.host})
        if len(received) > MAX_BYTES:
            raise Refused(_("The answer of %(host)s is too large.") % {"host": response.url.host})
    return bytes(received)
