"""One attempt to deliver a webhook, over the broker, within ten seconds from the first byte to the last."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import timedelta

import httpx
from django.utils import translation
from django.utils.translation import gettext as _

from tillit.availability.subscriptions import sealing
from tillit.foundation import outbound
from tillit.foundation.errors import Refused
from tillit.foundation.ways import Who

PURPOSE = "status-webhook"
SECONDS = 10.0
GONE = 410
MOST_WAIT = timedelta(days=1)  # that a receiver may ask for


@dataclass(frozen=True)
class Post:
    """What goes out, and for whom. `secrets`: unsealed, the newest first. `language`: of what is said of failures."""

    who: Who
    url: str
    language: str
    message: str
    body: bytes
    secrets: list[str] = field(repr=False)


@dataclass(frozen=True)
class Outcome:
    """`status`: HTTP, None where nobody answered. `error`: a sentence, "" where it was taken."""

    status: int | None
    error: str
    retry_after: timedelta = timedelta()

    @property
    def taken(self) -> bool:
        return not self.error

    @property
    def gone(self) -> bool:
        """The receiver said that it wants nothing any more."""
        return self.status == GONE


def send(post: Post, at: int | None = None) -> Outcome:
    """Never raises. A redirect is no answer (Standard Webhooks). `at`: Unix time, for the signature."""
    moment = int(time.time()) if at is None else at
    signatures = [sealing.sign(secret, post.message, moment, post.body) for secret in post.secrets]
    headers = {
        "content-type": "application/json",
        "user-agent": "Tillit-Webhooks/1",
        "webhook-id": post.message,
        "webhook-timestamp": str(moment),
        "webhook-signature": " ".join(signatures),
    }
    with translation.override(post.language):
        return _call(post, headers)


def _call(post: Post, headers: dict[str, str]) -> Outcome:
    try:
        with (
            outbound.client(post.who, PURPOSE, within=SECONDS) as http,
            http.stream("POST", post.url, content=post.body, headers=headers) as response,
        ):
            status, wait = response.status_code, response.headers.get("retry-after", "")
    except Refused as refusal:
        return Outcome(None, str(refusal)[:300])
    except httpx.TimeoutException:
        return Outcome(None, _("There was no answer within %(seconds)s seconds.") % {"seconds": int(SECONDS)})
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return Outcome(None, _("The connection failed (%(error)s).") % {"error": str(error)[:200]})
    if 200 <= status < 300:
        return Outcome(status, "")
    return Outcome(status, f"HTTP {status}", _wait(wait))


def _wait(said: str) -> timedelta:
    """RFC 9110, 10.2.3, where it is a number of seconds."""
    seconds = int(said) if said.isascii() and said.isdecimal() and len(said) < 8 else 0
    return min(timedelta(seconds=seconds), MOST_WAIT)
