"""The register, compiled: what may be reached, kept in memory and never older than a few seconds.

When the database does not tell it any more, nothing may be reached.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from tillit.foundation.hosts import wire_name
from tillit.trust.routes import Route

STALE_SECONDS = 5.0
GRAVEST = ("objection", "not-yet", "ended", "purpose")  # which reason is told where several routes are shut


class Named(NamedTuple):
    """An address that its recipient named: for this tenant (None: the cloud itself) and this purpose alone."""

    tenant: int | None
    purpose: str
    host: str
    port: int


@dataclass(frozen=True)
class Register:
    """What the database says at one moment. `operator` and `tenants` are primary keys."""

    routes: tuple[Route, ...]
    tenants: frozenset[int]
    operator: int
    moment: datetime
    named: frozenset[Named] = frozenset()


@dataclass(frozen=True)
class Verdict:
    """`reason` is "" exactly when the route is open. A shut one is named where the host is declared."""

    reason: str
    route: Route | None = None

    @property
    def allowed(self) -> bool:
        return not self.reason


@dataclass(frozen=True)
class _Compiled:
    register: Register
    asked: float  # on the steady clock, before the database was asked
    told: float  # and after
    by_place: dict[tuple[str, int], list[Route]] = field(default_factory=lambda: defaultdict(list))


class Rules:
    """`load` reads the register; `wall` and `steady` are the clocks, replaced in tests only."""

    def __init__(
        self,
        load: Callable[[], Register],
        *,
        wall: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._load = load
        self._wall = wall
        self._steady = steady
        self._compiled: _Compiled | None = None

    def refresh(self) -> None:
        """Read the register anew. Raises what the database raises; then the rules go stale."""
        asked = self._steady()
        compiled = _Compiled(self._load(), asked, self._steady())
        for route in compiled.register.routes:
            compiled.by_place[route.host, route.port].append(route)
        self._compiled = compiled

    @property
    def operator(self) -> int | None:
        """The operator's tenant, once known."""
        return self._compiled.register.operator if self._compiled else None

    def age(self) -> float | None:
        """Seconds since the register was read."""
        return self._steady() - self._compiled.asked if self._compiled else None

    def fresh(self) -> bool:
        age = self.age()
        return age is not None and age < STALE_SECONDS

    def moment(self) -> datetime:
        """The present, as the more cautious of two clocks has it: this machine's and the database's.

        So a clock that jumps ahead, here or there, opens no route early.
        """
        own = datetime.fromtimestamp(self._wall(), UTC)
        if self._compiled is None:
            return own
        return min(own, self._compiled.register.moment + timedelta(seconds=self._steady() - self._compiled.told))

    def decide(self, tenant: int | None, purpose: str, host: str, port: int) -> Verdict:
        """Whether this tenant (None: the cloud itself) may reach this place for this purpose now."""
        compiled = self._compiled
        if compiled is None or not self.fresh():
            return Verdict("no-rules")
        if tenant is not None and tenant not in compiled.register.tenants:
            return Verdict("tenant")
        try:
            name = wire_name(host)
        except ValueError:
            return Verdict("undeclared")
        asked = Named(tenant, purpose, name, port)
        if asked in compiled.register.named:
            return Verdict("", _way_to(asked, compiled.register.moment))
        shut: dict[str, Route] = {}
        for route in compiled.by_place.get((name, port), ()):
            reason = "" if purpose in route.purposes else "purpose"
            reason = reason or route.open_for(tenant, self.moment())
            if not reason:
                return Verdict("", route)
            shut.setdefault(reason, route)
        for reason in GRAVEST:
            if reason in shut:
                return Verdict(reason, shut[reason])
        return Verdict("undeclared")

    def declared(self, purpose: str, host: str, port: int) -> Route | None:
        """The route in force to this place, whoever asks; None also while nothing has been read."""
        routes = self._compiled.by_place.get((host.lower(), port), []) if self._compiled else []
        open_ones = (route for route in routes if purpose in route.purposes and not route.open_for(None, self.moment()))
        return next(open_ones, None)


def _way_to(named: Named, moment: datetime) -> Route:
    """As a route of no processor: encrypted from the first byte to this very name, and never into a private network."""
    return Route(
        processor="",
        number=0,
        protocol="https",
        host=named.host,
        port=named.port,
        purposes=frozenset({named.purpose}),
        opens_at=moment,
        closes_at=None,
        private_network=False,
    )
