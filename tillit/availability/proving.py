"""Where a notice must stand, and since when it does.

A page carries a mark for every window it tells of: its number, its sequence and its times (`mark_of`). A proof is that
mark, read back from the page.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import QuerySet

from tillit.availability import looking
from tillit.availability.models import MaintenanceRule, MaintenanceWindow, NoticeProof
from tillit.foundation.clock import now
from tillit.foundation.models import Tenant
from tillit.tenants.models import Placement

SIGN_IN, STATUS_PAGE = NoticeProof.Place.SIGN_IN, NoticeProof.Place.STATUS_PAGE
PAGES = {SIGN_IN: ("/sign-in/",), STATUS_PAGE: ("/status/", "/trust/maintenance.json")}
OPEN = (Tenant.State.RUNNING, Tenant.State.READ_ONLY)  # whose people sign in
READ_WITHIN = timedelta(minutes=10)  # every notice is read back five times in it


@dataclass(frozen=True)
class Spot:
    """One place in which a notice must stand: which page, and as whom it is read."""

    place: str
    audience: str
    tenant: Tenant


def mark_of(told: MaintenanceWindow | MaintenanceRule) -> str:
    """`window 12.0 2026-12-03T23:00:00Z/2026-12-04T05:00:00Z`, `rule restart.0`: what a page must carry."""
    if isinstance(told, MaintenanceRule):
        return f"rule {told.key}.{told.sequence}"
    span = "/".join(f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" for at in (told.starts_at, told.ends_at))
    return f"window {told.pk}.{told.sequence} {span}"


def spots() -> list[Spot]:
    """The status page, and the sign-in view of one customer of every wave and region; without customers our own."""
    return _spots(_open_customers().order_by("wave", "region", "id").distinct("wave", "region"))


def spots_at(at: datetime) -> list[Spot]:
    """The same, of the waves and regions in which there were customers at a moment of the past.

    Who came to be a customer later was shown the notice from its first minute; who moved later was told where it was
    (`moving` refuses what it was not told of there).
    """
    moved = {one.customer_id: one for one in Placement.objects.filter(until__gt=at).order_by("-until")}  # the earliest
    stayed = _open_customers().filter(created_at__lte=at).exclude(pk__in=moved).values_list("wave", "region")
    before = Tenant.objects.filter(kind=Tenant.Kind.CUSTOMER, created_at__lte=at, pk__in=moved)
    were = {(moved[one.pk].wave, moved[one.pk].region) for one in before if moved[one.pk].state in OPEN}
    places = sorted({*stayed.order_by("wave", "region").distinct(), *were})
    return _spots(Tenant(kind=Tenant.Kind.CUSTOMER, wave=wave, region=region) for wave, region in places)


def _open_customers() -> QuerySet[Tenant]:
    return Tenant.objects.filter(kind=Tenant.Kind.CUSTOMER, state__in=OPEN)


def _spots(customers: Iterable[Tenant]) -> list[Spot]:
    operator = Tenant.objects.get(kind=Tenant.Kind.OPERATOR)
    views = [Spot(SIGN_IN, f"{one.wave}/{one.region}", one) for one in customers]
    return [Spot(STATUS_PAGE, "", operator), *(views or [Spot(SIGN_IN, "", operator)])]


def concerned(told: MaintenanceWindow | MaintenanceRule, among: Iterable[Spot]) -> list[Spot]:
    """The places in which this notice must stand."""
    if isinstance(told, MaintenanceRule):
        return [spot for spot in among if told.region in ("", spot.tenant.region) or spot.tenant.is_operator]
    return [
        spot
        for spot in among
        if spot.tenant.is_operator or (told.wave in ("", spot.tenant.wave) and told.region in ("", spot.tenant.region))
    ]


def read(spot: Spot) -> list[str]:
    """What stands there, page by page. Raises `looking.NotShown`."""
    return [looking.page(path, spot.tenant) for path in PAGES[NoticeProof.Place(spot.place)]]


def carries(pages: Iterable[str], told: MaintenanceWindow | MaintenanceRule) -> bool:
    """Whether this notice stands on every one of these pages."""
    return all(_in_json(page, told) if page.startswith("{") else mark_of(told) in page for page in pages)


def _in_json(page: str, told: MaintenanceWindow | MaintenanceRule) -> bool:
    """As `mark_of`, of a page for programs."""
    said = json.loads(page)
    if isinstance(told, MaintenanceRule):
        same = {"key": told.key, "rrule": told.rrule, "start": told.start.isoformat(), "zone": told.zone}
        return any(same.items() <= rule.items() for rule in said["rules"])
    times = {"starts_at": _moment(told.starts_at), "ends_at": _moment(told.ends_at)}
    wanted = {"id": told.pk, "sequence": told.sequence} | times
    return any(wanted.items() <= window.items() for window in said["windows"])


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.000Z}"


def proven_since(window: MaintenanceWindow) -> tuple[datetime | None, list[Spot]]:
    """Since when the notice of this window stands everywhere it must, and where it was never seen to stand.

    It must stand where there were customers when the notice had to begin, 24 hours ahead. A window of a routine is
    told as its rule.
    """
    told = window if window.pk else window.rule
    if told is None:
        raise ValueError("Neither the window nor a rule of it was ever announced.")
    of = {"rule": told} if isinstance(told, MaintenanceRule) else {"window": told}
    proofs = NoticeProof.objects.filter(**of, sequence=told.sequence)
    since = {(proof.place, proof.audience): proof.verified_at for proof in proofs}
    needed = concerned(told, spots_at(_notice_began(window, told)))
    missing = [spot for spot in needed if (spot.place, spot.audience) not in since]
    found = [since[spot.place, spot.audience] for spot in needed if spot not in missing]
    return (None if missing else max(found)), missing


def _notice_began(window: MaintenanceWindow, told: MaintenanceWindow | MaintenanceRule) -> datetime:
    """The last moment from which on it had to be told, a little before it: pages are read back by the clock."""
    said_at = told.changed_at if isinstance(told, MaintenanceRule) else told.announced_at
    return min(now(), max(said_at, window.starts_at - window.NOTICE - READ_WITHIN))
