"""A way to another server: asked of the egress broker, which lets out what the register declares, and nothing else.

A process of ours has no network of its own. It asks the broker on a Unix socket (`CONNECT host:port` with tenant and
purpose) and gets a connection, or a reason. There is no way around: without the broker it fails at once and says so.
"""

from __future__ import annotations

import json
import socket
import time
from contextlib import suppress
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from tillit.foundation.access import Actor
from tillit.foundation.errors import Refused
from tillit.foundation.models import Tenant
from tillit.foundation.purposes import known_purposes

Who = Actor | Tenant | None  # for whom: a customer, or None for the cloud itself

ASK_SECONDS = 0.9  # to reach the broker, which is in the house
ANSWER_SECONDS = 20.0  # for the broker to find the server and reach it
LARGEST_ANSWER = 4_096
LARGEST_BODY = 65_536
END = b"\r\n\r\n"
BY_RULE = ("undeclared", "purpose", "not-yet", "ended", "objection", "address", "server-name", "tls", "tenant")


class Shut(Refused):
    """There is no way to the server now. `reason` is the broker's code, or `away` where there is no broker.

    `by_rule`: the register says no, so that trying again soon is of no use; else something is out of order.
    `opens_at`: when a route that waits for the end of its notice opens.
    """

    def __init__(self, message: str, *, reason: str, opens_at: datetime | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.opens_at = opens_at

    @property
    def by_rule(self) -> bool:
        return self.reason in BY_RULE


def connect(
    who: Who, purpose: str, host: str, port: int, *, tls: str = "", timeout: float | None = 30.0
) -> socket.socket:
    """A connection to a declared server; what comes over it is the server's. Raises Shut.

    `tls`: `first`, `later` or `none`, where the caller knows; it must be what the declared protocol means.
    `timeout` (seconds) is the one the connection then has.
    """
    if purpose not in known_purposes():
        raise LookupError(f"No room declares the purpose {purpose!r}.")
    way = _to_the_broker(host)
    try:
        way.settimeout(ANSWER_SECONDS)
        question = _question(who, purpose, host, port, tls)
        with suppress(BrokenPipeError):  # too busy to listen; it has said so
            way.sendall(question)
        status, said = _answer(way)
        if status != 200:
            raise _shut(str(said.get("reason", "")), purpose, host, said)
        way.settimeout(timeout)
    except (OSError, ValueError) as error:
        way.close()
        raise _shut("away", purpose, host, {}) from error
    except BaseException:
        way.close()
        raise
    return way


def broker_state() -> dict[str, Any] | None:
    """How the broker says it is (`tillit.trust.broker.server.Broker.state`); None when it does not answer."""
    try:
        with _to_the_broker("") as way:
            way.settimeout(ASK_SECONDS)
            way.sendall(b"GET /state HTTP/1.1\r\n\r\n")
            return _answer(way, whole=True)[1]
    except (OSError, ValueError, Shut):
        return None


def _to_the_broker(host: str) -> socket.socket:
    way = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    way.settimeout(ASK_SECONDS)
    try:
        way.connect(str(settings.BROKER_SOCKET))
    except OSError as error:
        way.close()
        raise _shut("away", "", host, {}) from error
    return way


def _question(who: Who, purpose: str, host: str, port: int, tls: str) -> bytes:
    tenant = who.tenant if isinstance(who, Actor) else who
    try:
        name = host if host.isascii() else host.encode("idna").decode()
    except UnicodeError as error:
        raise _shut("name", purpose, host, {}) from error
    if not name or len(name) > 253 or any(sign.isspace() for sign in name):
        raise _shut("name", purpose, host, {})
    lines = [
        f"CONNECT [{name}]:{port} HTTP/1.1" if ":" in name else f"CONNECT {name}:{port} HTTP/1.1",
        f"Tillit-Purpose: {purpose}",
        *([f"Tillit-Tenant: {tenant.pk}"] if tenant is not None else []),
        *([f"Tillit-TLS: {tls}"] if tls else []),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def _answer(way: socket.socket, *, whole: bool = False) -> tuple[int, dict[str, Any]]:
    """Status and content; what follows the head of a 200 stays in the socket, for it is the server's, but `whole`."""
    deadline = time.monotonic() + ANSWER_SECONDS
    while True:
        seen = way.recv(LARGEST_ANSWER, socket.MSG_PEEK)
        head, end, _rest = seen.partition(END)
        if end:
            break
        if not seen or len(seen) == LARGEST_ANSWER or time.monotonic() > deadline:
            raise ValueError("no answer")
        time.sleep(0.001)  # a part of the head only, which the broker writes at once
    way.recv(len(head) + len(END))
    status = int(head.split(b" ", 2)[1])
    if status == 200 and not whole:
        return status, {}
    length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
    body = b""
    while len(body) < min(length, LARGEST_BODY) and (part := way.recv(LARGEST_ANSWER)):
        body += part
    said = json.loads(body)
    return status, said if isinstance(said, dict) else {}


def _shut(reason: str, purpose: str, host: str, said: dict[str, Any]) -> Shut:
    told = said.get("opens_at")
    opens_at = datetime.fromisoformat(told) if isinstance(told, str) else None
    known = known_purposes().get(purpose)
    facts = {
        "host": host[:100],
        "purpose": known.label if known else purpose,
        "rests": known.rests if known else "",
        "processor": said.get("processor") or host[:100],
        "date": date_format(timezone.localtime(opens_at), "DATETIME_FORMAT") if opens_at else "",
    }
    return Shut(_sentence(reason, facts).strip(), reason=reason or "away", opens_at=opens_at)


def _sentence(reason: str, facts: dict[str, Any]) -> str:
    sentences = {
        "undeclared": _(
            "%(host)s is not in the register, so nothing is sent there (purpose: %(purpose)s). "
            "The operator has to declare it in the register as the address of a processor."
        ),
        "purpose": _(
            "%(processor)s is in the register, but not for this purpose: %(purpose)s. "
            "The operator has to declare the purpose in the register."
        ),
        "not-yet": _("%(processor)s may be used from %(date)s on: customers are told before. Until then: %(rests)s"),
        "ended": _("%(processor)s is no longer in the register's force. %(rests)s"),
        "objection": _("Your organisation objects to %(processor)s, so nothing is sent there. %(rests)s"),
        "address": _("%(host)s is not a public address."),
        "server-name": _("%(host)s was asked for under another name, so the connection was cut."),
        "tls": _("%(host)s has to be reached as the register declares it: encrypted, or not."),
        "tenant": _("This customer is not known to the broker yet. It is tried again by itself."),
        "name": _("%(host)s could not be found."),
        "unreachable": _("%(host)s could not be reached."),
        "timeout": _("%(host)s does not answer."),
        "no-rules": _("Nothing is sent while the register cannot be read. It is tried again by itself."),
        "no-records": _("Nothing is sent while no record of it can be kept. It is tried again by itself."),
        "busy": _("Too many connections are open at the moment. It is tried again by itself."),
    }
    way_out = _("The way out is shut at the moment: the broker does not answer. It is tried again by itself.")
    return sentences.get(reason, way_out) % facts
