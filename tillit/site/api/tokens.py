"""Who asks: the bearer of a token, on the host of the tenant it was made in. Cookies count for nothing here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from django.conf import settings
from django.http import HttpRequest
from ninja.errors import Throttled
from ninja.security import HttpBearer

from tillit.foundation.access import Actor
from tillit.foundation.requests import Request
from tillit.site.api.meter import Allowance, Meter
from tillit.tenants.queries import actor_of_token

METER = Meter()
FAILURES = 60  # wrong tokens per minute and address; a right one is heard all the same


@dataclass(frozen=True)
class Caller:
    """Who asks, and how much of this minute's allowance is left."""

    actor: Actor
    allowance: Allowance


class AccessToken(HttpBearer):
    """Puts the person behind the token into `request.actor`, as signing in does for pages."""

    openapi_description = (
        "A token that you make on your page `/profile/tokens/`. It stands for you, with your role, in one tenant, and "
        "is good on that tenant's host only."
    )

    def authenticate(self, request: HttpRequest, token: str) -> Caller | None:
        request = cast(Request, request)
        actor = actor_of_token(request)
        if actor is None:
            failures = METER.take(("address", request.META.get("REMOTE_ADDR", "")), FAILURES)
            if failures.exceeded:
                raise Throttled(wait=failures.seconds)
            return None
        request.actor = actor
        allowance = METER.take(hash(token), settings.API_REQUESTS_PER_MINUTE)
        if allowance.exceeded:
            raise Throttled(wait=allowance.seconds)
        return Caller(actor, allowance)
