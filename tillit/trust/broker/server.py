"""The broker: takes a connection, reads what is asked, decides, connects, relays, and keeps a record of it.

Knows nothing of the database: rules come in (`rules.Rules`), records go out (`journal.Journal`).
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from tillit.trust.broker import addresses, asking
from tillit.trust.broker.account import Account
from tillit.trust.broker.asking import Asked
from tillit.trust.broker.journal import Full, Journal
from tillit.trust.broker.listening import Listener
from tillit.trust.broker.relay import Relay
from tillit.trust.broker.rules import Rules, Verdict
from tillit.trust.broker.watching import TLS_OF, Cut, watcher_of
from tillit.trust.routes import Route

log = logging.getLogger(__name__)
MOST_CONNECTIONS = 512
MOST_SHOWN = 50
CUT = ("tls", "server-name")  # reasons of the relay that mean: not allowed


class Broker:
    """Serves from `start` to `stop`, in threads of its own."""

    def __init__(
        self,
        rules: Rules,
        journal: Journal,
        *,
        resolver: addresses.Resolver = addresses.resolve,
        most_connections: int = MOST_CONNECTIONS,
    ) -> None:
        self.rules = rules
        self.journal = journal
        self.resolver = resolver
        self.most_connections = most_connections
        self.since = time.time()
        self._cutting = threading.Event()
        self._busy = 0
        self._lock = threading.Lock()
        self._workers = ThreadPoolExecutor(most_connections, thread_name_prefix="broker")
        self._listener: Listener | None = None
        self._accepting: threading.Thread | None = None

    def start(self, place: Path) -> None:
        self._listener = Listener(place)
        self._accepting = threading.Thread(target=self._accept, args=(self._listener,), name="accept", daemon=True)
        self._accepting.start()

    def stop(self, *, grace: float = 5.0) -> None:
        """Take no more connections, let the open ones end within `grace` seconds, then cut them."""
        if self._listener is None or self._accepting is None:
            return
        self._listener.close()
        self._accepting.join()
        deadline = time.monotonic() + grace
        while self._busy and time.monotonic() < deadline:
            time.sleep(0.02)
        self._cutting.set()
        self._workers.shutdown()

    def listens(self) -> bool:
        return self._accepting is not None and self._accepting.is_alive()

    def _accept(self, listener: Listener) -> None:
        while (client := listener.accept()) is not None:
            with self._lock:
                full = self._busy >= self.most_connections
                self._busy += 0 if full else 1
            if full:
                self._say(client, 503, reason="busy")
                client.close()
                continue
            self._workers.submit(self._serve, client)

    def _serve(self, client: socket.socket) -> None:
        try:
            with client:
                self._handle(client)
        except Exception:
            log.exception("A connection ended in an error")
        finally:
            with self._lock:
                self._busy -= 1

    def _handle(self, client: socket.socket) -> None:
        if asking.uid_of(client) not in (None, 0, os.geteuid()):
            return
        try:
            asked = asking.read_asked(client)
        except asking.BadHead as error:
            if error.status:
                self._say(client, error.status, reason="head")
            return
        if asked is None:
            self._say(client, 200, **self.state())
        else:
            Contact(self, client, asked).go_on()

    def state(self) -> dict[str, object]:
        """How it is. `register_age`: seconds since the register was read, None if never. Times are Unix times."""
        opened = self.journal.opened()
        shown = [asdict(one) for one in opened[:MOST_SHOWN]]
        age, waiting = self.rules.age(), self.journal.waiting
        return {"since": self.since, "register_age": age, "waiting": waiting, "count": len(opened), "open": shown}

    def cutting(self) -> bool:
        return self._cutting.is_set()

    @staticmethod
    def _say(client: socket.socket, status: int, **content: object) -> None:
        with suppress(OSError):
            client.settimeout(1.0)
            client.sendall(asking.answer(status, **content))


class Contact:
    """One connection that was asked for, from the decision to its record."""

    def __init__(self, broker: Broker, client: socket.socket, asked: Asked) -> None:
        self.broker = broker
        self.client = client
        self.asked = asked
        verdict = self._decide()
        self.verdict = verdict
        self.account = Account(
            broker.journal,
            tenant=asked.tenant if verdict.reason != "tenant" else None,
            purpose=asked.purpose,
            host=asked.host.lower(),
            port=asked.port,
            allowed=verdict.allowed,
            reason=verdict.reason,
            processor=verdict.route.processor if verdict.route else "",
        )

    def go_on(self) -> None:
        route = self.verdict.route
        if route is None or not self.verdict.allowed:
            self._refuse(self.verdict.reason)
            return
        try:
            self.account.begin()
        except Full:
            self._answer(503, reason="no-records")
            return
        server = self._reach(route)
        if server is not None:
            with server:
                self._relay(server, route)

    def _decide(self) -> Verdict:
        asked = self.asked
        if self.broker.journal.full():
            return Verdict("no-records")
        verdict = self.broker.rules.decide(asked.tenant, asked.purpose, asked.host, asked.port)
        if verdict.route and verdict.allowed and asked.tls and asked.tls != TLS_OF[verdict.route.protocol]:
            return Verdict("tls", verdict.route)
        return verdict

    def _refuse(self, reason: str) -> None:
        route = self.verdict.route
        self.account.note(allowed=False, reason=reason)
        opens_at = route.opens_at.isoformat() if route and reason == "not-yet" else None
        self._answer(403, reason=reason, processor=route.processor if route else "", opens_at=opens_at)

    def _reach(self, route: Route) -> socket.socket | None:
        """A connection to the declared host, or the answer that there is none."""
        try:
            return addresses.reach(route.host, route.port, private=route.private_network, resolver=self.broker.resolver)
        except addresses.Forbidden:
            self._refuse("address")
        except addresses.NotFound:
            self._fail(502, "name")
        except TimeoutError:
            self._fail(504, "timeout")
        except OSError:
            self._fail(502, "unreachable")
        return None

    def _fail(self, status: int, reason: str) -> None:
        """Allowed, but nobody was there."""
        self.account.note(reason=reason)
        self._answer(status, reason=reason, processor=self.account.decided.processor)

    def _relay(self, server: socket.socket, route: Route) -> None:
        reason = "broken-off"
        relay = Relay(self.client, server, watcher_of(route.protocol, route.host))
        try:
            self.client.sendall(asking.OPENED)
            reason = relay.run(self.asked.rest, look=lambda: self._look(relay), stopped=self.broker.cutting)
        except Cut as cut:
            reason = cut.reason
        except OSError:
            log.info("The client had gone before its connection was there")
        finally:
            self.account.note(allowed=reason not in CUT, reason=reason, relay=relay)

    def _look(self, relay: Relay) -> str:
        """Once a second: an hour may be over, and the route may have been shut meanwhile."""
        self.account.hourly(relay)
        asked = self.asked
        reason = self.broker.rules.decide(asked.tenant, asked.purpose, asked.host, asked.port).reason
        return "" if reason == "no-rules" else reason

    def _answer(self, status: int, **content: object) -> None:
        self.broker._say(self.client, status, **content)
