"""The broker's process: `python -m tillit.trust.broker.serve`, started by the supervisor, confined by nothing.

Two threads beside the broker's own: one keeps the rules as the register is, one tells the database what was decided.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tillit.site.settings")
django.setup()

import psycopg  # noqa: E402 - Django is set up first
from django.conf import settings  # noqa: E402
from django.db import DatabaseError, InterfaceError, close_old_connections, connection  # noqa: E402

from tillit.foundation.supervision import report_ready  # noqa: E402
from tillit.trust.broker.database import DatabaseRelay, Target  # noqa: E402
from tillit.trust.broker.journal import Journal  # noqa: E402
from tillit.trust.broker.queries import read_register  # noqa: E402
from tillit.trust.broker.rules import Rules  # noqa: E402
from tillit.trust.broker.server import Broker  # noqa: E402
from tillit.trust.broker.telling import Teller  # noqa: E402
from tillit.trust.channel import CHANNEL  # noqa: E402

log = logging.getLogger(__name__)
REFRESH_SECONDS = 1.0
GRACE = 45.0  # seconds for open connections: in a restart, as long as workers of before may still need theirs
AWAY = (DatabaseError, InterfaceError, psycopg.Error, OSError, LookupError)


class Steady:
    """Calls `work` again and again until stopped; a database that is away is said once, and waited for."""

    def __init__(self, name: str, work: Callable[[], object], *, pause: Callable[[], None]) -> None:
        self.work = work
        self.pause = pause
        self.away = False
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self._run, name=name, daemon=True)

    def _run(self) -> None:
        while not self.stopped.is_set():
            self.once()
            self.pause()

    def once(self) -> None:
        try:
            close_old_connections()
            self.work()
            if self.away:
                log.warning("The database is back (%s)", self.thread.name)
            self.away = False
        except AWAY as error:
            if not self.away:
                log.warning("The database is away (%s): %s", self.thread.name, type(error).__name__)
            self.away = True
            with suppress(Exception):
                connection.close()
        except Exception:
            log.exception("Going on after an error (%s)", self.thread.name)


class Ear:
    """Hears that the register changed; without that, waits a second."""

    def __init__(self) -> None:
        self.line: psycopg.Connection | None = None

    def wait(self) -> None:
        began = time.monotonic()
        try:
            if self.line is None:
                self.line = psycopg.connect(**_parameters(), autocommit=True)
                self.line.execute(psycopg.sql.SQL("LISTEN {}").format(psycopg.sql.Identifier(CHANNEL)))
            for _ in self.line.notifies(timeout=REFRESH_SECONDS, stop_after=1):
                return
        except psycopg.Error:
            self.line = None
        time.sleep(max(0.0, REFRESH_SECONDS - (time.monotonic() - began)))


def _parameters() -> dict[str, Any]:
    known = connection.get_connection_params()
    wanted = ("dbname", "user", "password", "host", "port", "sslmode", "sslrootcert", "sslcert", "sslkey")
    return {name: known[name] for name in wanted if known.get(name)} | {"connect_timeout": 5}


def serve() -> None:
    """Until SIGTERM."""
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: ended.set())
    place = Path(settings.BROKER_SOCKET)
    rules, ear = Rules(read_register), Ear()
    journal = Journal(settings.DATA / "broker" / "journal")
    broker, teller = Broker(rules, journal), Teller(journal)
    reading = Steady("register", rules.refresh, pause=ear.wait)
    telling = Steady("records", teller.tell, pause=lambda: time.sleep(REFRESH_SECONDS))
    target = Target.of(_parameters())
    to_the_database = DatabaseRelay(target, rules, journal) if target else None
    reading.once()
    broker.start(place)
    if to_the_database is not None:
        to_the_database.start(place.parent)
    for steady in (reading, telling):
        steady.thread.start()
    report_ready(moves=lambda: broker.listens() and (to_the_database is None or to_the_database.listens()))
    while not ended.wait(3600.0):
        pass
    began = time.monotonic()
    broker.stop(grace=GRACE)
    if to_the_database is not None:
        to_the_database.stop(grace=max(0.0, GRACE - (time.monotonic() - began)))
    telling.stopped.set()
    telling.thread.join(10.0)
    telling.once()
    journal.close()


if __name__ == "__main__":
    serve()
