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
from dataclasses import asdict, replace
from pathlib import Path
from uuid import uuid4

from tillit.trust.broker import addresses, asking
from tillit.trust.broker.asking import Asked
from tillit.trust.broker.journal import Decided, Full, Journal
from tillit.trust.broker.relay import Relay
from tillit.trust.broker.rules import Rules, Verdict
from tillit.trust.broker.watching import TLS_OF, Cut, watcher_of
from tillit.trust.routes import Route

log = logging.getLogger(__name__)
MOST_CONNECTIONS = 512
BACKLOG = 256
MOST_SHOWN = 50
LONGEST_RECORD = 3600.0  # seconds; a connection that stays open is recorded once an hour
CUT = ("tls", "server-name")  # reasons of the relay that mean: not allowed


class Listener:
    """A Unix socket that one broker after the other takes over without a gap: the newest one owns the path."""

    def __init__(self, place: Path) -> None:
        self.place = place
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = place.with_name(f"{place.name}.{os.getpid()}")
        draft.unlink(missing_ok=True)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        before = os.umask(0o177)
        try:
            self.socket.bind(str(draft))
        finally:
            os.umask(before)
        self.socket.listen(BACKLOG)
        self._inode = draft.stat().st_ino
        draft.replace(place)

    def withdraw(self) -> None:
        """Take the path away, unless a successor has it already."""
        with suppress(OSError):
            if self.place.stat().st_ino == self._inode:
                self.place.unlink()


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
        self._stopping = threading.Event()
        self._cutting = threading.Event()
        self._busy = 0
        self._lock = threading.Lock()
        self._workers = ThreadPoolExecutor(most_connections, thread_name_prefix="broker")
        self._listener: Listener | None = None
        self._accepting: threading.Thread | None = None

    def start(self, place: Path) -> None:
        self._listener = Listener(place)
        self._accepting = threading.Thread(target=self._accept, name="accept", daemon=True)
        self._accepting.start()

    def stop(self, *, grace: float = 5.0) -> None:
        """Take no more connections, let the open ones end within `grace` seconds, then cut them."""
        if self._listener is None or self._accepting is None:
            return
        self._listener.withdraw()
        self._stopping.set()
        with suppress(OSError):
            self._listener.socket.shutdown(socket.SHUT_RDWR)  # wakes accept; what waits is still taken
        self._accepting.join()
        deadline = time.monotonic() + grace
        while self._busy and time.monotonic() < deadline:
            time.sleep(0.02)
        self._cutting.set()
        self._workers.shutdown()
        self._listener.socket.close()

    def _accept(self) -> None:
        listening = self._listener.socket if self._listener else None
        while listening is not None:
            try:
                client, _ = listening.accept()
            except OSError:
                if self._stopping.is_set():
                    return
                log.exception("A connection could not be taken")
                time.sleep(0.05)  # out of file handles: some will come back
                continue
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
        self.began = time.monotonic()
        self.recorded = (0, 0)  # bytes out and in
        verdict = self._decide()
        self.verdict = verdict
        self.decided = Decided(
            at=time.time(),
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
            self.broker.journal.begin(self.decided)
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
        self._note(allowed=False, reason=reason)
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
        self._note(reason=reason)
        self._answer(status, reason=reason, processor=self.decided.processor)

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
            self._note(allowed=reason not in CUT, reason=reason, relay=relay)

    def _look(self, relay: Relay) -> str:
        """Once a second: whether the route has been shut meanwhile, and whether an hour is to be recorded."""
        asked, now = self.asked, time.monotonic()
        if now - self.began > LONGEST_RECORD:
            self._note(reason="goes-on", relay=relay)
            self.began = now
            self.decided = replace(self.decided, at=time.time(), mark=str(uuid4()))
            with suppress(Full):
                self.broker.journal.begin(self.decided)
        reason = self.broker.rules.decide(asked.tenant, asked.purpose, asked.host, asked.port).reason
        return "" if reason == "no-rules" else reason

    def _note(self, *, allowed: bool = True, reason: str = "", relay: Relay | None = None) -> None:
        out, back = relay.moved() if relay else (0, 0)
        said = replace(
            self.decided,
            allowed=allowed,
            reason=reason,
            bytes_out=out - self.recorded[0],
            bytes_in=back - self.recorded[1],
            seconds=round(time.monotonic() - self.began, 3),
        )
        self.recorded = (out, back)
        try:
            self.broker.journal.end(said)
        except Full:
            log.error("A decision could not be recorded (%s, %s)", said.purpose, reason or "allowed")

    def _answer(self, status: int, **content: object) -> None:
        self.broker._say(self.client, status, **content)
