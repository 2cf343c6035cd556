"""Ways to addresses that recipients named themselves: the data goes to the recipient, so no register lists them.

A room whose purpose is `named_by_recipient` opens a way when somebody names an address and closes it when that one
leaves. The broker lets out exactly this host and port, for exactly this purpose and customer, over TLS, and never into
a private network. Nothing public says the address.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from django.db import connection
from django.utils.translation import gettext as _

from tillit.foundation.access import Actor
from tillit.foundation.clock import now
from tillit.foundation.errors import Refused
from tillit.foundation.hosts import wire_name
from tillit.foundation.models import NamedWay
from tillit.foundation.purposes import named_purposes

CHANNEL = "tillit_register"  # PostgreSQL's NOTIFY: what may be let out has changed
HTTPS = 443
FREE_PORTS = range(1024, 65536)
LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")  # RFC 1123, 2.1, as `wire_name` writes it
AT_HOME = (".localhost", ".local", ".internal", ".invalid", ".arpa", ".onion")  # RFC 6761, 6762, 8375: never public


def read_address(url: str) -> tuple[str, int]:
    """Host and port of an `https` address that somebody from outside named. Raises Refused with the reason."""
    try:
        if not url.strip().isprintable() or " " in url.strip():  # read over below, but sent on, into mails too
            raise ValueError(url)
        parts = urlsplit(url.strip())
        host, port = wire_name(parts.hostname or ""), HTTPS if parts.port is None else parts.port
    except ValueError as error:
        raise Refused(_("“%(url)s” is no address to reach a server at.") % {"url": url[:200]}, field="url") from error
    if parts.scheme != "https":
        raise Refused(_("The address has to begin with https://."), field="url")
    if parts.username is not None or parts.fragment:
        raise Refused(_("The address may hold no name, no password and no fragment."), field="url")
    if not _is_name(host) or f".{host}".endswith(AT_HOME):
        raise Refused(_("Please give the public name of a server, such as hooks.example.org."), field="url")
    if port != HTTPS and port not in FREE_PORTS:
        raise Refused(_("The port has to be 443, or 1024 and above."), field="url")
    return host, port


def _is_name(host: str) -> bool:
    """Of letters, digits and hyphens, and no number: to resolvers `127.0.0.0x1` is one, too."""
    labels = host.split(".")
    try:
        last = labels[-1].encode().decode("idna")
    except UnicodeError:
        return False
    return len(labels) > 1 and last[0].isalpha() and all(LABEL.fullmatch(label) for label in labels)


def open_way(actor: Actor, purpose: str, url: str) -> NamedWay:
    """Let this address be reached for this purpose, for the actor's customer or, as the operator, for the cloud itself.

    The broker knows a second later at most. Raises Refused for what is no public address.
    """
    if purpose not in named_purposes():
        raise LookupError(f"Recipients name no address for the purpose {purpose!r}.")
    host, port = read_address(url)
    tenant = None if actor.tenant.is_operator else actor.tenant
    way = NamedWay.objects.create(tenant=tenant, purpose=purpose, host=host, port=port, opened_at=now())
    notify()
    return way


def confirm_way(way: NamedWay) -> None:
    """The server there said that it wants to be called."""
    if way.confirmed_at is None:
        way.confirmed_at = now()
        way.save(update_fields=["confirmed_at"])


def close_way(way: NamedWay) -> None:
    """From now on the address is not reached, and connections that are open are cut."""
    way.closed_at = way.closed_at or now()
    way.save(update_fields=["closed_at"])
    notify()


def forget_way(way: NamedWay) -> None:
    """The same, and the address is not kept."""
    way.delete()
    notify()


def notify() -> None:
    """Tell the broker, once the open transaction commits, to read again what it may let out."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, '')", [CHANNEL])
