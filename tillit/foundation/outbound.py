"""The ways to call other servers: HTTP, SMTP and IMAP over the broker's connections (`tillit.foundation.ways`).

Every call names for whom and for which purpose it is made; what the register does not declare raises `ways.Shut`, which
is a `Refused` with a sentence for people. Certificates are checked against the name that was asked for.
"""

from __future__ import annotations

import functools
import imaplib
import select
import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

import httpcore
import httpx
from django.conf import settings
from django.utils.translation import gettext as _

from tillit.foundation.errors import Refused
from tillit.foundation.ways import Who, connect

TIMEOUT = httpx.Timeout(10.0)
TALK_SECONDS = 20.0  # for one answer of a mail server
MAX_BYTES = 5_000_000
LONGEST_SECONDS = 30.0  # for a whole call, from the connection to the last byte, however steadily it drips
MOST_REDIRECTS = 3
REDIRECTS = (301, 302, 303, 307, 308)
PORTS = {"http": 80, "https": 443, "smtp": 25, "smtp+starttls": 587, "smtps": 465, "imap": 143, "imaps": 993}


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes


@functools.cache
def certificates() -> ssl.SSLContext:
    """Whom we believe: the authorities that come with Tillit, and those of the machine (`SSL_CERT_FILE`)."""
    context = httpx.create_ssl_context()
    context.load_default_certs()
    return context


# --- HTTP --------------------------------------------------------------------------------------------------------


def call(
    who: Who, purpose: str, method: str, url: str, *, body: bytes = b"", headers: dict[str, str] | None = None
) -> Reply:
    """One HTTP request; a redirect is an answer like others. Raises Refused for a forbidden or unreachable server."""
    host = str(_parts(url, ("http", "https")).hostname)
    try:
        with (
            client(who, purpose, within=LONGEST_SECONDS) as http,
            http.stream(method, url, content=body, headers=headers) as response,
        ):
            return Reply(response.status_code, dict(response.headers), _limited(response))
    except httpx.InvalidURL as error:
        raise _no_address(url) from error
    except httpx.TimeoutException as error:
        raise Refused(_("%(host)s answers too slowly.") % {"host": host}) from error
    except httpx.HTTPError as error:
        raise Refused(_("%(host)s could not be reached.") % {"host": host}) from error


def follow(who: Who, purpose: str, url: str, *, most: int = MOST_REDIRECTS) -> Reply:
    """GET, over at most `most` redirects. Each is a request of its own, which the broker decides anew."""
    for _step in range(most + 1):
        reply = call(who, purpose, "GET", url)
        if reply.status not in REDIRECTS or "location" not in reply.headers:
            return reply
        url = urljoin(url, reply.headers["location"])
    raise Refused(_("%(host)s leads from one address to the next without end.") % {"host": urlsplit(url).hostname})


def client(who: Who, purpose: str, *, within: float | None = None) -> httpx.Client:
    """An HTTP client for what is built on it, such as CalDAV. To be closed; it follows no redirect by itself.

    `within` (seconds): after that nothing is read or written any more, however steadily an answer drips.
    """
    return httpx.Client(transport=Transport(who, purpose, within), timeout=TIMEOUT, trust_env=False)


class Transport(httpx.BaseTransport):
    """Takes httpx's requests over the broker's connections; kept open between requests like any other."""

    def __init__(self, who: Who, purpose: str, within: float | None = None) -> None:
        backend = _Backend(who, purpose, None if within is None else time.monotonic() + within)
        self._pool = httpcore.ConnectionPool(
            ssl_context=certificates(), network_backend=backend, max_connections=10, keepalive_expiry=5.0
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        asked = httpcore.Request(
            method=request.method,
            url=url,
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        with _in_words_of_httpx():
            got = self._pool.handle_request(asked)
        stream = _Stream(got.stream)
        return httpx.Response(got.status, headers=got.headers, stream=stream, extensions=got.extensions)

    def close(self) -> None:
        self._pool.close()


class _Stream(httpx.SyncByteStream):
    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __iter__(self) -> Iterator[bytes]:
        with _in_words_of_httpx():
            yield from self._inner

    def close(self) -> None:
        self._inner.close()


class _Backend(httpcore.NetworkBackend):
    """Where httpcore gets its connections from."""

    def __init__(self, who: Who, purpose: str, until: float | None) -> None:
        self.who = who
        self.purpose = purpose
        self.until = until

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,  # noqa: ARG002 - the signature is httpcore's
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        return _Connection(connect(self.who, self.purpose, host, port, timeout=timeout), self.until)


class _Connection(httpcore.NetworkStream):
    def __init__(self, inner: socket.socket, until: float | None) -> None:
        self._socket = inner
        self._until = until

    def _wait(self, timeout: float | None) -> None:
        """At most so long, and never beyond the end that was set for all of it."""
        if self._until is not None:
            left = self._until - time.monotonic()
            if left <= 0:
                raise TimeoutError
            timeout = min(left, timeout or left)
        self._socket.settimeout(timeout)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        with _in_words_of_httpcore(httpcore.ReadTimeout, httpcore.ReadError):
            self._wait(timeout)
            return self._socket.recv(max_bytes)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        with _in_words_of_httpcore(httpcore.WriteTimeout, httpcore.WriteError):
            self._wait(timeout)
            self._socket.sendall(buffer)

    def close(self) -> None:
        self._socket.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        with _in_words_of_httpcore(httpcore.ConnectTimeout, httpcore.ConnectError):
            self._wait(timeout)
            return _Connection(ssl_context.wrap_socket(self._socket, server_hostname=server_hostname), self._until)

    def get_extra_info(self, info: str) -> Any:
        if info == "ssl_object":
            return self._socket if isinstance(self._socket, ssl.SSLSocket) else None
        if info == "is_readable":
            return bool(select.select([self._socket], [], [], 0)[0])
        return self._socket if info == "socket" else None


@contextmanager
def _in_words_of_httpcore(late: type[Exception], broken: type[Exception]) -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        raise late(str(error)) from error
    except OSError as error:
        raise broken(str(error)) from error


@contextmanager
def _in_words_of_httpx() -> Iterator[None]:
    try:
        yield
    except httpcore.TimeoutException as error:
        raise httpx.ReadTimeout(str(error)) from error
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol) as error:
        raise httpx.NetworkError(str(error)) from error


def _limited(response: httpx.Response) -> bytes:
    received = bytearray()
    for chunk in response.iter_bytes():
        received += chunk
        if len(received) > MAX_BYTES:
            raise Refused(_("The answer of %(host)s is too large.") % {"host": response.url.host})
    return bytes(received)


# --- Mail --------------------------------------------------------------------------------------------------------


def smtp(who: Who, purpose: str, url: str) -> smtplib.SMTP:
    """A session with a mail server, signed in where `url` names somebody. To be quit. Raises Shut or an OSError.

    `smtps://user:password@host:465`, `smtp+starttls://host:587` or, without encryption, `smtp://host:25`.
    """
    parts = _parts(url, ("smtp", "smtp+starttls", "smtps"))
    host, port = str(parts.hostname), parts.port or PORTS[parts.scheme]
    own_name = settings.BASE_HOST.partition(":")[0].encode("idna").decode()
    session = _Smtp(who, purpose, wrapped=parts.scheme == "smtps", name=own_name)
    try:
        session.connect_to(host, port)
        if parts.scheme == "smtp+starttls":
            session.starttls(context=certificates())
        if parts.username:
            session.login(unquote(parts.username), unquote(parts.password or ""))
    except BaseException:
        session.close()
        raise
    return session


def imap(who: Who, purpose: str, url: str, *, within: float = LONGEST_SECONDS) -> imaplib.IMAP4:
    """A session with a mailbox's server, signed in where `url` names somebody. To be logged out.

    `imaps://user:password@host:993` or `imap://host:143`, which is encrypted where the server offers it; a
    password is never sent in clear. `within` (seconds): then the connection is cut, however steadily the server drips.
    Raises Shut, an OSError, or `imaplib.IMAP4.error` where the server refuses, or wants to send more than 5 MB at once.
    """
    parts = _parts(url, ("imap", "imaps"))
    session = _Imap(who, purpose, parts, within)
    try:
        if parts.scheme == "imap" and (parts.username or "STARTTLS" in session.capabilities):
            session.starttls(ssl_context=certificates())
        if parts.username:
            session.login(unquote(parts.username), unquote(parts.password or ""))
    except BaseException:
        session.shutdown()
        raise
    return session


class _Smtp(smtplib.SMTP):
    def __init__(self, who: Who, purpose: str, *, wrapped: bool, name: str) -> None:
        self.who = who
        self.purpose = purpose
        self.wrapped = wrapped
        super().__init__(local_hostname=name, timeout=TALK_SECONDS)

    def connect_to(self, host: str, port: int) -> None:
        self._host = host  # the name that certificates are checked against
        status, said = self.connect(host, port)
        if status != 220:
            self.close()
            raise smtplib.SMTPConnectError(status, said)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        tls = "first" if self.wrapped else "later"
        way = connect(self.who, self.purpose, host, port, tls=tls, timeout=timeout)
        return certificates().wrap_socket(way, server_hostname=host) if self.wrapped else way


class _Imap(imaplib.IMAP4):
    def __init__(self, who: Who, purpose: str, parts: SplitResult, within: float) -> None:
        self.who = who
        self.purpose = purpose
        self.wrapped = parts.scheme == "imaps"
        self._end = threading.Timer(within, self._cut)
        self._end.daemon = True
        self._end.start()
        try:
            super().__init__(str(parts.hostname), parts.port or PORTS[parts.scheme], TALK_SECONDS)
        except BaseException:
            self._end.cancel()
            raise

    def _cut(self) -> None:
        with suppress(OSError, AttributeError):  # not connected yet, or no longer
            self.sock.shutdown(socket.SHUT_RDWR)

    def shutdown(self) -> None:
        self._end.cancel()
        super().shutdown()

    def read(self, size: int) -> bytes:
        if size > MAX_BYTES:
            raise self.abort(f"The server wants to send {size} bytes.")
        return super().read(size)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        tls = "first" if self.wrapped else "later"
        way = connect(self.who, self.purpose, self.host, self.port, tls=tls, timeout=timeout)
        return certificates().wrap_socket(way, server_hostname=self.host) if self.wrapped else way


def _parts(url: str, schemes: tuple[str, ...]) -> SplitResult:
    try:
        parts = urlsplit(url)
        known = parts.scheme in schemes and parts.hostname and (parts.port or PORTS[parts.scheme])
    except ValueError as error:
        raise _no_address(url) from error
    if not known:
        raise _no_address(url)
    return parts


def _no_address(url: str) -> Refused:
    return Refused(_("“%(url)s” is no address to reach a server at.") % {"url": url.rpartition("@")[2][:200]})
