"""The questions a prober asks, each as a person or program would: by HTTP, from outside."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic
from typing import Any

import httpx

from tillit.availability.probes.plan import PROBES

FORM_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
REFERENCE_PATIENCE = 3.0
Sample = dict[str, Any]


class Unexpected(Exception):
    """An answer, but not the one that was asked for; in a word."""


@dataclass(frozen=True)
class Target:
    """Where the service is (`address`: `http://127.0.0.1:8000`), under which host, by TLS or behind somebody's."""

    address: str
    host: str
    https: bool
    account: dict[str, str]
    transport: httpx.BaseTransport | None = None  # another way there than the network

    def client(self, probe: str) -> httpx.Client:
        """Speaks to the probes' own tenant. Cookies are carried by hand: behind a proxy they are marked for TLS."""
        name = f"{self.account['tenant']}.{self.host}"
        headers = {"Host": name, "User-Agent": "Tillit-Prober", "Referer": f"{self.scheme}://{name}/"}
        if self.https and self.address.startswith("http:"):
            headers["X-Forwarded-Proto"] = "https"
        return httpx.Client(
            base_url=self._address(name), headers=headers, timeout=PROBES[probe].patience, transport=self.transport
        )

    @property
    def scheme(self) -> str:
        return "https" if self.https else "http"

    def _address(self, name: str) -> str:
        """Over TLS the name is part of the connection; beside the workers the address is enough."""
        return f"https://{name}" if self.address.startswith("https:") else self.address


@dataclass
class Visitor:
    """Asks one question after the other, and keeps the session of the last sign-in for the list."""

    target: Target
    cookies: dict[str, str] = field(default_factory=dict)

    def ask(self, probe: str) -> Sample:
        """One sample; never raises what the service or the network may do."""
        questions: dict[str, Callable[[], None]] = {"sign-in": self._sign_in, "list-page": self._list, "api": self._api}
        at, began = datetime.now(UTC), monotonic()
        what = ""
        try:
            questions[probe]()
        except Unexpected as found:
            what = str(found)
        except httpx.TimeoutException:
            what = "time-out"
        except httpx.TransportError:
            what = "no-connection"
        except (httpx.HTTPError, httpx.InvalidURL, ValueError):
            what = "unexpected"
        took = round((monotonic() - began) * 1000)
        return {"probe": probe, "at": at.isoformat(), "ok": not what, "milliseconds": took, "what": what}

    def _sign_in(self) -> None:
        """Sign in anew, and out again: nobody may leave a session behind every minute."""
        with self.target.client("sign-in") as client:
            _sign_out(client, _sign_in(client, self.target.account))

    def _list(self) -> None:
        with self.target.client("list-page") as client:
            if not self.cookies:
                self.cookies = _sign_in(client, self.target.account)
            answer = client.get("/companies/", headers=_cookie(self.cookies))
            if answer.status_code == 302:  # the session ended
                self.cookies = {}
                raise Unexpected("signed-out")
            _must(answer, 200)
            if "</html>" not in answer.text:
                raise Unexpected("unexpected")

    def _api(self) -> None:
        with self.target.client("api") as client:
            headers = {"Authorization": f"Bearer {self.target.account['token']}"}
            answer = client.get("/api/v1/companies", params={"limit": 1}, headers=headers)
            _must(answer, 200)
            if not isinstance(answer.json(), dict):
                raise Unexpected("unexpected")


def reaches(reference: str) -> bool:
    """Whether another server (`host:port`) is there: then it is not our own network that is down."""
    host, _colon, port = reference.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), REFERENCE_PATIENCE):
            return True
    except OSError:
        return False


def _sign_in(client: httpx.Client, account: dict[str, str]) -> dict[str, str]:
    """The cookies of a session. Raises Unexpected when the door stays shut."""
    form = client.get("/sign-in/")
    _must(form, 200)
    found = FORM_TOKEN.search(form.text)
    if not found:
        raise Unexpected("no-form")
    typed = {"login": account["email"], "password": account["password"], "csrfmiddlewaretoken": found[1]}
    answer = client.post("/sign-in/", data=typed, headers=_cookie(_cookies(form)))
    if answer.status_code == 200:
        raise Unexpected("not-let-in")
    _must(answer, 302)
    return _cookies(form) | _cookies(answer)


def _sign_out(client: httpx.Client, cookies: dict[str, str]) -> None:
    _must(client.post("/sign-out/", headers=_cookie(cookies) | {"X-CSRFToken": cookies.get("tillit_csrf", "")}), 302)


def _must(answer: httpx.Response, status: int) -> None:
    if answer.status_code != status:
        raise Unexpected(f"http-{answer.status_code}")


def _cookies(answer: httpx.Response) -> dict[str, str]:
    pairs = (line.split(";", 1)[0].partition("=") for line in answer.headers.get_list("set-cookie"))
    return {name.strip(): value for name, _equals, value in pairs}


def _cookie(cookies: dict[str, str]) -> dict[str, str]:
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
