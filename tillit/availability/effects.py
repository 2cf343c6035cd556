"""What announced windows do while they last: read-only ones refuse changes, offline ones show a page that says so.

Every request and every action of a person asks this, so each process reads the announced windows of the next days once
in five seconds. While the database does not answer, the last good copy tells them.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import InterfaceError, OperationalError
from django.utils.translation import gettext as _

from tillit.availability import lastcopy, queries, words
from tillit.availability.models import Effect, MaintenanceWindow
from tillit.foundation.clock import now
from tillit.foundation.models import Tenant
from tillit.foundation.standstill import Standstill

KEPT = timedelta(seconds=5)
ENFORCED = (Effect.READ_ONLY, Effect.OFFLINE)  # the lighter first
PAGES = ("crm",)  # parts of the status page; a window that names parts is enforced only where these are among them
API = ("crm", "api")


@dataclass(frozen=True)
class Announced:
    """What was announced when it was last read: by the clock of the product, and by one nobody can set."""

    windows: tuple[MaintenanceWindow, ...]
    at: datetime
    until: float

    def is_fresh(self) -> bool:
        return time.monotonic() < self.until and timedelta() <= now() - self.at < KEPT


_kept: list[Announced] = []


def forget() -> None:
    """Read the windows anew when they are next asked for."""
    _kept.clear()


def announced() -> tuple[MaintenanceWindow, ...]:
    """Every announced window of the next days, whomever it concerns, the running ones first."""
    kept = next(iter(_kept), None)
    if kept is None or not kept.is_fresh():
        kept = Announced(_read(), now(), time.monotonic() + KEPT.total_seconds())
        _kept[:] = [kept]
    return kept.windows


def windows_of(tenant: Tenant) -> list[MaintenanceWindow]:
    """Those that concern this tenant and are not over."""
    return [w for w in announced() if not lastcopy.is_over(w) and queries.concerns(w, tenant)]


def standstill(tenant: Tenant, parts: tuple[str, ...] = PAGES) -> Standstill | None:
    """What this tenant's people cannot do now; the operator's can always, for they end it."""
    return None if tenant.is_operator else standstill_in(windows_of(tenant), tenant, parts)


def is_offline(tenant: Tenant) -> bool:
    found = standstill(tenant)
    return found is not None and found.is_offline


def standstill_in(
    windows: Iterable[MaintenanceWindow], tenant: Tenant, parts: tuple[str, ...] = PAGES
) -> Standstill | None:
    """The same of these windows, which concern the tenant."""
    running = [w for w in windows if w.starts_at <= now() and _is_enforced(w, parts)]
    if tenant.is_operator or not running:
        return None
    heaviest = max(running, key=lambda window: (ENFORCED.index(window.effect), window.ends_at))
    return Standstill(heaviest.effect == Effect.OFFLINE, heaviest.ends_at, sentence(heaviest))


def does_nothing(window: MaintenanceWindow) -> bool:
    """Whether it says that it refuses or stops something, of parts alone where nobody asks about windows."""
    return window.effect in ENFORCED and not _is_enforced(window, PAGES + API)


def sentence(window: MaintenanceWindow) -> str:
    """What a window does to people while it lasts, and until when it was said to."""
    end = {"end": f"{words.day(window.ends_at)}, {words.clock(window.ends_at)} {words.zone(window.ends_at)}"}
    if window.effect == Effect.OFFLINE and window.ends_at <= now():
        return _("Maintenance takes longer than announced: the service is not available yet (until %(end)s).") % end
    if window.effect == Effect.OFFLINE:
        return _("Maintenance is under way: the service is not available until %(end)s.") % end
    if window.ends_at <= now():
        return _("Maintenance takes longer than announced (until %(end)s): you can read, not change anything.") % end
    return _("Maintenance is under way until %(end)s: you can read everything now, and change it again after.") % end


def header(tenant: Tenant) -> str:
    """The next window of this tenant, or the one under way, for a header field of its API; empty without one."""
    return header_of(windows_of(tenant))


def header_of(windows: Iterable[MaintenanceWindow]) -> str:
    """A structured field (RFC 9651): an item, a string that holds an ISO 8601 interval in UTC, with the effect and the
    window's id on the status page's API as parameters: `"2026-12-04T00:00:00Z/PT6H";effect=offline;id=m7`.
    """
    window = next(iter(windows), None)
    if window is None:
        return ""
    return f'"{_utc(window.starts_at)}/{_duration(window)}";effect={window.effect};id=m{window.pk}'


def _read() -> tuple[MaintenanceWindow, ...]:
    try:
        return tuple(lastcopy.announced_windows())
    except (OperationalError, InterfaceError):
        return tuple(lastcopy.load().windows)


def _is_enforced(window: MaintenanceWindow, parts: tuple[str, ...]) -> bool:
    named: list[str] = window.components
    return window.effect in ENFORCED and (not named or not set(parts).isdisjoint(named))


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _duration(window: MaintenanceWindow) -> str:
    minutes, seconds = divmod(int((window.ends_at - window.starts_at).total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{number}{unit}" for number, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if number]
    return "PT" + "".join(parts)
