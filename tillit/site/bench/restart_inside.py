"""The load and the restarts of `bin/bench restart`, with Django set up for the Tillit that runs."""

from __future__ import annotations

import argparse
import html
import json
import os
import re
import signal
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import psycopg
from django.db import connection

from tillit.crm.models import Person
from tillit.foundation.tenancy import in_tenant
from tillit.site import runtime
from tillit.site.bench import data, machine, serving
from tillit.site.bench.client import in_header, sign_in
from tillit.site.bench.customers import PASSWORD, Customer, make_customers
from tillit.site.bench.restart import WAYS, parse
from tillit.site.load import Ask, Load, Where, capacity, once, request
from tillit.site.postgres import Cluster
from tillit.site.preparation import EMBEDDED
from tillit.site.problems import Problem, complain
from tillit.site.processes import alive
from tillit.site.progress import Progress
from tillit.site.runtime import DATABASE

STEP = 0.1
PATIENCE = 600.0  # seconds for one restart
HIDDEN = re.compile(r'name="(csrfmiddlewaretoken|key)"[^>]*value="([^"]+)"')
FORM = "/persons/new/"


def main(arguments: list[str] | None = None) -> int:
    asked = parse(arguments)
    try:
        found = Run(asked).measure()
    except (Problem, OSError, EOFError) as problem:
        complain(str(problem))
        return 1
    (asked.data / serving.RESULT).write_text(json.dumps(found, indent=1) + "\n")
    return 0


class Run:
    """One customer, its administrator's session and token, and the load they make."""

    def __init__(self, asked: argparse.Namespace) -> None:
        self.asked = asked
        self.progress = Progress(out=sys.stderr)
        self.port = int(runtime.running(asked.data)["port"])
        self.where = ("127.0.0.1", self.port)
        self.customer, _neighbours = make_customers()
        with (
            self.progress.step(f"Filling the tenant with {asked.persons:,} persons"),
            psycopg.connect(Cluster(asked.data / EMBEDDED).admin_dsn(DATABASE), autocommit=True) as admin,
        ):
            data.load(admin, self.customer.tenant.pk, 0, asked.persons)
        self.cookies = sign_in(self.port, self.customer.host, self.customer.administrator.email, PASSWORD)
        with in_tenant(self.customer.tenant):
            self.numbers = list(Person.objects.values_list("pk", flat=True)[:200])

    def measure(self) -> dict[str, Any]:
        facts = machine.facts() | {"before": machine.noise()}
        with self.progress.step("Finding out what the machine can do"):
            most = capacity(self.where, self.asks(300))
        rate = min(self.asked.rate, max(1.0, round(most * self.asked.share)))
        found: dict[str, Any] = {
            "persons": self.asked.persons,
            "asked_rate": self.asked.rate,
            "rate": rate,
            "capacity": round(most, 1),
            "seconds": self.asked.seconds,
            "restarts": self.asked.restarts,
        }
        with ExitStack() as ending:
            restarts = {"rolling": self._roll, "stopping": lambda: self._stop_and_start(ending)}
            for way in WAYS:
                if self.asked.only in (None, way):
                    with self.progress.step(WAYS[way]):
                        found[way] = self._under_load(rate, restarts[way])
        return found | {"machine": facts | {"after": machine.noise()}}

    def asks(self, count: int) -> list[Ask]:
        """In turn a page, a read, a write; on a kept connection, then on a new one. Every write has its own key."""
        kinds = (self._page, self._read, self._write)
        return [Ask(*kinds[number % 3](number), kept=number % 2 == 0, in_session=True) for number in range(count)]

    def _page(self, number: int) -> tuple[bytes, int]:
        paths = ("/persons/", f"/persons/{self._some(number)}/", "/companies/", FORM)
        return request("GET", paths[number // 3 % len(paths)], self._in_session()), 200

    def _read(self, number: int) -> tuple[bytes, int]:
        paths = ("/api/v1/persons?limit=20", f"/api/v1/persons/{self._some(number)}")
        return request("GET", paths[number // 3 % len(paths)], self._with_token()), 200

    def _write(self, number: int) -> tuple[bytes, int]:
        body = json.dumps({"first_name": "Kari", "last_name": f"Load {number}"}).encode()
        headers = {"Idempotency-Key": str(uuid4()), "Content-Type": "application/json"}
        return request("POST", "/api/v1/persons", self._with_token() | headers, body), 201

    def _some(self, number: int) -> int:
        return self.numbers[number % len(self.numbers)]

    def _in_session(self) -> dict[str, str]:
        return {"Host": self.customer.host, "Cookie": in_header(self.cookies), "Accept": "text/html"}

    def _with_token(self) -> dict[str, str]:
        return {"Host": self.customer.host, "Authorization": f"Bearer {self.customer.token}"}

    def _under_load(self, rate: float, restart: Callable[[], None]) -> dict[str, Any]:
        load = Load(self.where, self.asks(int(rate * self.asked.seconds * 1.5)), rate=rate)
        forms = Forms(self.where, self.customer, self._in_session())
        used = time.process_time()
        with ThreadPoolExecutor(1) as beside:
            running = beside.submit(load.run, PATIENCE * (self.asked.restarts + 1))
            try:
                took = self._in_turn(restart, forms)
            finally:
                load.end()
            found = running.result()
        used = time.process_time() - used
        forms.send_late()
        told = {"restarts": took, "forms": len(forms.typed), "lost_forms": forms.lost()}
        return asdict(found) | told | {"client_cpu": used / max(1, found.sent)}

    def _in_turn(self, restart: Callable[[], None], forms: Forms) -> list[float]:
        """So many restarts, spread over the time; before each, forms are opened, and sent when it is over.

        How many seconds each took.
        """
        took = []
        began = time.monotonic()
        for number in range(self.asked.restarts):
            due = began + self.asked.seconds * (number + 0.2) / self.asked.restarts
            time.sleep(max(0.0, due - time.monotonic()))
            opened = [forms.open() for _ in range(self.asked.forms)]
            since = time.monotonic()
            restart()
            took.append(round(time.monotonic() - since, 1))
            for mark in opened:
                forms.send(mark)
        time.sleep(max(0.0, began + self.asked.seconds - time.monotonic()))
        return took

    def _roll(self) -> None:
        before = runtime.running(self.asked.data)
        os.kill(before["pid"], signal.SIGHUP)
        self._until(lambda: runtime.running(self.asked.data).get("restarts") != before["restarts"])
        if not runtime.running(self.asked.data)["restarted"]:
            raise Problem(f"The restart was not complete. Details: {self.asked.data / 'log'}")

    def _stop_and_start(self, ending: ExitStack) -> None:
        """As a service is restarted everywhere: end all of it, start it again."""
        pid = runtime.running(self.asked.data)["pid"]
        os.kill(pid, signal.SIGTERM)
        self._until(lambda: not alive(pid))
        ending.enter_context(serving.started(self.asked.data, self.port))

    def _until(self, happened: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not happened():
            if time.monotonic() > deadline:
                raise Problem(f"A restart took more than {PATIENCE:.0f} seconds.")
            time.sleep(STEP)


@dataclass
class Forms:
    """Forms that somebody opened and filled in before a restart, and sends after it: each has to add one person."""

    where: Where
    customer: Customer
    headers: dict[str, str]
    typed: dict[str, dict[str, str]] = field(default_factory=dict)
    unsent: list[str] = field(default_factory=list)

    def open(self) -> str:
        """Its mark: the last name that is typed."""
        mark = f"Draft {uuid4()}"
        status, _head, page = once(self.where, request("GET", FORM, self.headers))
        hidden = {name: html.unescape(value) for name, value in HIDDEN.findall(page.decode())}
        if len(hidden) != 2:
            raise Problem(f"The form for a new person was answered {status}, without its hidden fields.")
        self.typed[mark] = hidden | {"first_name": "Kari", "last_name": mark, "anyway": "1"}
        return mark

    def send(self, mark: str) -> None:
        """Twice, as an impatient person does. What does not get through is sent again in the end."""
        body = urlencode(self.typed[mark]).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"http://{self.customer.host}"}
        try:
            for _ in range(2):
                once(self.where, request("POST", FORM, self.headers | headers, body))
        except (OSError, EOFError):
            self.unsent.append(mark)

    def send_late(self) -> None:
        for mark in self.unsent[:]:
            self.send(mark)

    def lost(self) -> int:
        """How many did not add exactly one person."""
        connection.close()  # the database was started again, perhaps
        with in_tenant(self.customer.tenant):
            return sum(Person.objects.filter(last_name=mark).count() != 1 for mark in self.typed)


if __name__ == "__main__":
    sys.exit(main())
