"""The way to a database on another machine: a Unix socket here, TCP and TLS to there.

Workers have no network, so libpq reaches its server as `host=FOLDER` by the socket `.s.PGSQL.5432` in it. The broker
itself cannot ask the register whether the database is declared, because the register lies in it: it is let out, and
what is not declared as a processor for the purpose `database` stands in the records as such.
"""

from __future__ import annotations

import logging
import os
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tillit.trust.broker import asking
from tillit.trust.broker.account import Account
from tillit.trust.broker.journal import Full, Journal
from tillit.trust.broker.listening import Listener
from tillit.trust.broker.relay import Relay
from tillit.trust.broker.rules import Rules

log = logging.getLogger(__name__)
PORT = 5432
SOCKET_NAME = f".s.PGSQL.{PORT}"  # what libpq looks for in a folder that is given as its host
PURPOSE = "database"
CONNECT_SECONDS = 10.0
FOREVER = float("inf")  # a pool keeps its connections for as long as it likes
SSL_REQUEST = b"\x00\x00\x00\x08\x04\xd2\x16\x2f"  # PostgreSQL's protocol, 54.2.11
SASL = b"\x00\x00\x00\x0a"  # an AuthenticationSASL message
LARGEST_GREETING = 16_384  # bytes of one message before the sign-in
MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")


@dataclass(frozen=True)
class Target:
    """Where the database is, in libpq's words. Several hosts are tried in their order."""

    hosts: tuple[tuple[str, int], ...]
    sslmode: str = "prefer"
    sslrootcert: str = ""
    sslcert: str = ""
    sslkey: str = ""

    @classmethod
    def of(cls, known: Mapping[str, str]) -> Target | None:
        """From the parameters of a connection; None where it is reached by a Unix socket already."""
        hosts = [host for host in known.get("host", "").split(",") if host]
        if not hosts or any(host.startswith(("/", "@")) for host in hosts):
            return None
        ports = [int(port or PORT) for port in str(known.get("port") or PORT).split(",")]
        ports = ports * len(hosts) if len(ports) == 1 else ports
        mode = known.get("sslmode") or "prefer"
        if mode not in MODES:
            raise ValueError(f"sslmode {mode!r} is none of {', '.join(MODES)}")
        files = {name: known.get(name, "") for name in ("sslrootcert", "sslcert", "sslkey")}
        return cls(tuple(zip(hosts, ports, strict=True)), mode, **files)

    def context(self) -> ssl.SSLContext | None:
        """What is believed; None where nothing is to be encrypted."""
        if self.sslmode in ("disable", "allow"):
            return None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = self.sslmode == "verify-full"
        checked = self.sslmode.startswith("verify") or bool(self.sslrootcert)
        context.verify_mode = ssl.CERT_REQUIRED if checked else ssl.CERT_NONE
        if checked and self.sslrootcert in ("", "system"):
            context.load_default_certs()
        elif checked:
            context.load_verify_locations(self.sslrootcert)
        if self.sslcert:
            context.load_cert_chain(self.sslcert, self.sslkey or None)
        return context


class OfferWatcher:
    """Takes the offer out of the server's greeting to bind the sign-in to the TLS channel, which ends here, not at the
    client: libpq refuses an offer that cannot be meant (SCRAM-SHA-256-PLUS, PostgreSQL's protocol, 54.3.1).
    """

    waiting = False

    def __init__(self) -> None:
        self.done = False
        self._held = b""

    def feed(self, data: bytes) -> bytes:
        self._held += data
        out = b""
        while not self.done and len(self._held) >= 5:
            kind, length = self._held[:1], 1 + int.from_bytes(self._held[1:5], "big")
            if kind not in (b"R", b"N", b"v") or length > LARGEST_GREETING:
                self.done = True
            elif len(self._held) < length:
                break
            else:
                out += self._without_offer(self._held[:length])
                self._held = self._held[length:]
                self.done = kind == b"R"
        if self.done:
            out, self._held = out + self._held, b""
        return out

    @staticmethod
    def _without_offer(message: bytes) -> bytes:
        if message[:1] != b"R" or message[5:9] != SASL:
            return message
        rest = message[5:].replace(b"SCRAM-SHA-256-PLUS\0", b"")
        return b"R" + (4 + len(rest)).to_bytes(4, "big") + rest


class DatabaseRelay:
    """Serves from `start` to `stop`, a thread for each connection."""

    def __init__(self, target: Target, rules: Rules, journal: Journal) -> None:
        self.target = target
        self.rules = rules
        self.journal = journal
        self._context = target.context()
        self._stopping = threading.Event()
        self._listener: Listener | None = None
        self._accepting: threading.Thread | None = None
        self._serving: set[threading.Thread] = set()

    def start(self, folder: Path) -> None:
        self._listener = Listener(folder / SOCKET_NAME)
        self._accepting = threading.Thread(target=self._accept, args=(self._listener,), name="database", daemon=True)
        self._accepting.start()

    def stop(self, *, grace: float = 5.0) -> None:
        """Take no more connections; those that are open may end by themselves within `grace` seconds."""
        if self._listener is None:
            return
        self._listener.close()
        deadline = time.monotonic() + grace
        for thread in list(self._serving):
            thread.join(max(0.0, deadline - time.monotonic()))
        self._stopping.set()
        for thread in list(self._serving):
            thread.join(3.0)

    def listens(self) -> bool:
        return self._accepting is not None and self._accepting.is_alive()

    def _accept(self, listener: Listener) -> None:
        while (client := listener.accept()) is not None:
            thread = threading.Thread(target=self._serve, args=(client,), name="database", daemon=True)
            self._serving.add(thread)
            thread.start()

    def _serve(self, client: socket.socket) -> None:
        try:
            with client:
                if asking.uid_of(client) in (None, 0, os.geteuid()):
                    self._relay(client)
        except (OSError, ValueError) as error:
            log.warning("The database could not be reached: %s", error)
        except Full:
            log.warning("No way to the database: it could not be recorded")
        except Exception:
            log.exception("A connection to the database ended in an error")
        finally:
            self._serving.discard(threading.current_thread())

    def _relay(self, client: socket.socket) -> None:
        server, host, port = self._reach()
        account = self._account(host, port)
        ended = "" if account.decided.processor else "unlisted"
        offer = OfferWatcher() if isinstance(server, ssl.SSLSocket) else None
        relay = Relay(client, server, None, back=offer, idle=FOREVER)

        def look() -> str:
            account.hourly(relay)
            return ""

        reason = "broken-off"
        with server:
            account.begin()
            try:
                reason = relay.run(b"", look=look, stopped=self._stopping.is_set) or ended
            finally:
                account.note(reason=reason, relay=relay)

    def _account(self, host: str, port: int) -> Account:
        declared = self.rules.declared(PURPOSE, host, port)
        return Account(
            self.journal,
            tenant=None,
            purpose=PURPOSE,
            host=host.lower(),
            port=port,
            allowed=True,
            reason="",
            processor=declared.processor if declared else "",
        )

    def _reach(self) -> tuple[socket.socket, str, int]:
        failure: Exception = OSError("no host")
        for host, port in self.target.hosts:
            try:
                return self._secured(socket.create_connection((host, port), CONNECT_SECONDS), host), host, port
            except (OSError, ValueError) as error:
                failure = error
        raise failure

    def _secured(self, server: socket.socket, host: str) -> socket.socket:
        try:
            server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            server.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            if self._context is None:
                return server
            server.sendall(SSL_REQUEST)
            answer = server.recv(1)  # and no byte more: what else came now was not encrypted (CVE-2021-23222)
            if answer == b"S":
                return self._context.wrap_socket(server, server_hostname=host)
            if answer == b"N" and self.target.sslmode == "prefer":
                return server
            raise ConnectionError(f"{host} does not encrypt, and sslmode is {self.target.sslmode}")
        except BaseException:
            with suppress(OSError):
                server.close()
            raise
