"""One restart under a load of our own, and what the load met with meanwhile."""

from __future__ import annotations

import html
import os
import re
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

from django.conf import settings
from django.urls import reverse

from tillit.availability.restarts.actions import Gap, Session, close_probe_session, open_probe_session
from tillit.foundation.access import Actor
from tillit.site import runtime
from tillit.site.load import Ask, Load, Summary, Where, capacity, once, request

RATE = 20  # requests a second: seen by the figures, not by the customers
SHARE = 0.6  # of what one visitor alone can ask for: a queue of our own making would be told as the restart's
TRIAL = 1.0  # seconds of one visitor
AROUND = 3.0  # seconds of load before the restart and after it
PATIENCE = 600.0  # seconds for the restart
DRAFTS = 3
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


@dataclass(frozen=True)
class Measured:
    """`began`: seconds since 1970; `complete`: whether every process is a new one; `took_ms`: how long that took."""

    began: float
    complete: bool
    took_ms: int
    gap: Gap

    @property
    def sentence(self) -> str:
        """In English: for logs, the command line and the operator's list of work."""
        gap = self.gap
        longest = "" if gap.longest_ms is None else f", longest wait {gap.longest_ms / 1000:.2f} s"
        sessions = f"{gap.signed_out} signed out" if gap.in_session else "nobody was signed in to be signed out"
        forms = f"{gap.lost_drafts} of {gap.drafts} forms lost" if gap.drafts else "no form was open to be lost"
        return (
            f"{gap.sent} requests during the restart: {gap.failed} failed, {gap.retried} sent again{longest};"
            f" {sessions}, {forms}."
        )


def restart_under_load(data: Path, system: Actor) -> Measured:
    """Ask the supervisor of `data` to replace every process, with load before, meanwhile and after."""
    facts = runtime.running(data)
    where: Where = (facts["address"], int(facts["port"]))
    session = open_probe_session(system)
    try:
        asks = _asks(urlsplit(facts["url"]).netloc, session)
        load = Load(where, asks, rate=bearable(capacity(where, asks, clients=1, seconds=TRIAL)))
        with ThreadPoolExecutor(1) as beside:
            running = beside.submit(load.run, PATIENCE + 10 * AROUND)
            try:
                drafts = Drafts(where, session)
                time.sleep(AROUND)
                began, since = time.time(), time.monotonic()
                complete = ask_supervisor(data)
                took = time.monotonic() - since
                lost = drafts.lost()
                time.sleep(AROUND)
            finally:
                load.end()
            found = running.result()
    finally:
        if session:
            close_probe_session(system, session=session)
    return Measured(began, complete, round(took * 1000), _gap(found, load, len(drafts.typed), lost))


def bearable(most: float) -> int:
    """Requests a second that leave a machine room which answers one visitor alone `most` a second."""
    return max(1, min(RATE, int(SHARE * most)))


def ask_supervisor(data: Path) -> bool:
    """Whether the restart it was asked for is complete; False, too, when it does not answer in time."""
    before = runtime.running(data)
    os.kill(before["pid"], signal.SIGHUP)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        after = runtime.running(data)
        if after.get("restarts") != before.get("restarts"):
            return bool(after.get("restarted"))
        time.sleep(0.1)
    return False


def incomplete(mark: str) -> dict[str, str]:
    """The form of one's own profile, which a reader may send too, as it is never saved."""
    return {"name": mark, "language": "", "time_zone": ""}


class Drafts:
    """Forms that are opened now and sent later, incomplete on purpose: nothing is added, and everything comes back."""

    def __init__(self, where: Where, session: Session | None) -> None:
        self.where = where
        self.path = reverse("tenants:profile")
        self.typed: list[tuple[str, bytes]] = []
        for _ in range(DRAFTS if session else 0):
            self._open(_headers(session) if session else {})

    def _open(self, headers: dict[str, str]) -> None:
        _status, head, page = once(self.where, request("GET", self.path, headers))
        token = TOKEN.search(page.decode())
        cookie = SimpleCookie(re.sub(r"(?i)^set-cookie: *", "", _line(head, "set-cookie")))
        if token is None or settings.CSRF_COOKIE_NAME not in cookie:
            return
        mark = f"Half-typed {uuid4()}"
        sent = {
            **headers,
            "Cookie": f"{headers['Cookie']}; {settings.CSRF_COOKIE_NAME}={cookie[settings.CSRF_COOKIE_NAME].value}",
            "Origin": f"{'https' if settings.HTTPS else 'http'}://{headers['Host']}",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        body = urlencode({"csrfmiddlewaretoken": html.unescape(token[1]), **incomplete(mark)}).encode()
        self.typed.append((mark, request("POST", self.path, sent, body)))

    def lost(self) -> int:
        return sum(not self._comes_back(mark, wire) for mark, wire in self.typed)

    def _comes_back(self, mark: str, wire: bytes) -> bool:
        try:
            _status, _head, page = once(self.where, wire)
        except (OSError, EOFError):
            return False
        return mark.encode() in page


def _asks(host: str, session: Session | None) -> list[Ask]:
    """Public pages and, where there is a session, pages of it, on kept and on new connections in turn."""
    public = [request("GET", path, {"Host": host}) for path in ("/status/", "/trust/", "/sign-in/", "/healthz")]
    own = [request("GET", path, _headers(session)) for path in ("/persons/", "/companies/")] if session else []
    asks = [Ask(wire, kept=kept, in_session=False) for kept in (True, False) for wire in public]
    signed_in = [Ask(wire, kept=kept, in_session=True) for kept in (True, False) for wire in own * 2]
    if not signed_in:
        return asks
    return [ask for pair in zip(asks, signed_in, strict=True) for ask in pair]


def _headers(session: Session) -> dict[str, str]:
    return {"Host": session.host, "Cookie": f"{settings.SESSION_COOKIE_NAME}={session.key}", "Accept": "text/html"}


def _line(head: bytes, name: str) -> str:
    return next((line for line in head.decode("latin-1").split("\r\n") if line.lower().startswith(name)), "")


def _gap(found: Summary, load: Load, drafts: int, lost: int) -> Gap:
    answered = found.sent > found.failed
    median, p99, longest = (round(wait * 1000) if answered else None for wait in _waits(found))
    in_session = sum(one.in_session for one in load.answers)
    counts = (found.sent, found.failed, found.retried)
    return Gap(round(load.rate), *counts, median, p99, longest, in_session, found.signed_out, drafts, lost)


def _waits(found: Summary) -> tuple[float, float, float]:
    return found.median, found.p99, found.longest
