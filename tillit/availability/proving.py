"""Where a notice must stand, and since when it does.

A page carries a mark for every window it tells of: its number, its sequence and its times (`mark_of`). A proof is that
mark, read back from the page.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from tillit.availability import looking
from tillit.availability.models import MaintenanceRule, MaintenanceWindow, NoticeProof
from tillit.foundation.models import Tenant

SIGN_IN, STATUS_PAGE = NoticeProof.Place.SIGN_IN, NoticeProof.Place.STATUS_PAGE
PAGES = {SIGN_IN: ("/sign-in/",), STATUS_PAGE: ("/status/", "/trust/maintenance.json")}


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
    operator = Tenant.objects.get(kind=Tenant.Kind.OPERATOR)
    customers = Tenant.objects.filter(
        kind=Tenant.Kind.CUSTOMER, state__in=[Tenant.State.RUNNING, Tenant.State.READ_ONLY]
    )
    first_of = customers.order_by("wave", "region", "id").distinct("wave", "region")
    views = [Spot(SIGN_IN, f"{one.wave}/{one.region}", one) for one in first_of]
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


def proven_since(told: MaintenanceWindow | MaintenanceRule) -> tuple[datetime | None, list[Spot]]:
    """Since when the notice stands everywhere it must, and where it was never seen to stand."""
    of = {"rule": told} if isinstance(told, MaintenanceRule) else {"window": told}
    proofs = NoticeProof.objects.filter(**of, sequence=told.sequence)
    since = {(proof.place, proof.audience): proof.verified_at for proof in proofs}
    needed = concerned(told, spots())
    missing = [spot for spot in needed if (spot.place, spot.audience) not in since]
    found = [since[spot.place, spot.audience] for spot in needed if spot not in missing]
    return (None if missing else max(found)), missing
