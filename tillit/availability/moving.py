"""When a customer may come into another wave or region: nobody meets maintenance by it that they were not told of a day
ahead, and nobody leaves what is under way for them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

from django.utils.translation import gettext as _

from tillit.availability import lastcopy, proving, queries, words
from tillit.availability.models import MaintenanceRule, MaintenanceWindow
from tillit.foundation.clock import now
from tillit.foundation.errors import Refused
from tillit.foundation.models import Tenant
from tillit.tenants.models import Placement

ROUTINE_AHEAD = timedelta(days=40)  # no routine is rarer than once a month
DAILY = timedelta(hours=26)  # from the end of one to the start of the next, also where clocks change
AHEAD = MaintenanceWindow.NOTICE + proving.READ_WITHIN  # who comes before is asked for when notices are proven
SHUT = (Tenant.State.PROVISIONING, Tenant.State.SUSPENDED)  # whose people are shown nothing, and not for maintenance
Windows = list[MaintenanceWindow]


@dataclass(frozen=True)
class Ahead:
    """What lies ahead for anybody: announced windows, and the lines of the routine. Two queries."""

    windows: Windows
    routine: list[MaintenanceRule]

    @classmethod
    def read(cls) -> Ahead:
        return cls(list(lastcopy.standing_windows()), queries.routine_rules())


@dataclass(frozen=True)
class Move:
    """What changes for a customer that moves, and from when on it may.

    `gained` and `lost` are announced windows, `waits_for` also routine. `routine` are rules of the new place that leave
    no day without them: no waiting helps, so the operator is asked to tell the customer.
    """

    gained: Windows
    lost: Windows
    waits_for: Windows = field(default_factory=list)
    earliest: datetime = field(default_factory=now)  # while `overruns`: not before that work has ended
    overruns: bool = False  # whether it waits for work whose time is over
    meets: bool = False  # whether it waits for anything of the new place
    routine: list[MaintenanceRule] = field(default_factory=list)

    @classmethod
    def of(
        cls, tenant: Tenant | Placement, wave: str, region: str, ahead: Ahead | None = None, *, opens: bool = False
    ) -> Move:
        """From where it is now to this wave and region, by what lies ahead; `opens`: from being shut, too."""
        known = ahead or Ahead.read()
        here, there, at = (tenant.wave, tenant.region), (wave, region), now()
        told = _told_until_shut(tenant) if opens else (lambda one: _concerns(one, *here))
        gained, lost = _newly_at(there, told, known.windows), _only_at(here, there, known.windows)
        local = [rule for rule in known.routine if opens or rule.region or rule.waves]  # everybody's: old to who moves
        nights = [list(MaintenanceWindow.foreseen(rule, at, at + ROUTINE_AHEAD)) for rule in local]
        new = {rule.pk: _newly_at(there, told, windows) for rule, windows in zip(local, nights, strict=True)}
        daily = [rule for rule in local if new[rule.pk] and _leaves_no_day(new[rule.pk])]
        met = gained + [one for rule in local if rule not in daily for one in new[rule.pk]]
        left = lost + [one for windows in nights for one in _only_at(here, there, windows)]
        waits_for, earliest = _waiting(met, left, at)
        overruns, meets = (any(one.ends_at <= at for one in waits_for), any(one in met for one in waits_for))
        return cls(gained, lost, waits_for, earliest, overruns, meets, daily)


def refuse_early(before: Placement, tenant: Tenant) -> None:
    """Asked by `tenants.actions.customers.change_tenant`: refuse a move that would have to wait, and say until when.

    So too whom it lets in again: they meet what their sign-in view did not tell them of while it was shut.
    """
    opens = lets_in(before.state, tenant.state)
    going = Move.of(before, tenant.wave, tenant.region, opens=opens)
    if going.waits_for and not tenant.is_operator:
        field_name = "wave" if before.wave != tenant.wave else "region" if before.region != tenant.region else "state"
        raise Refused(sentence(tenant, going, opens=opens), field=field_name)


def lets_in(before: str, after: str) -> bool:
    """Whether a customer in the one state, then in the other, is told of maintenance again."""
    return before in SHUT and after not in SHUT


def sentence(tenant: Tenant, going: Move, *, opens: bool = False) -> str:
    """Why it has to wait, and until when."""
    told = {
        "tenant": tenant.name,
        "window": "; ".join(words.named(one) for one in going.waits_for),
        "earliest": words.moment(going.earliest),
    }
    if going.meets:
        said = _("%(tenant)s would meet maintenance it was not told of 24 hours ahead (%(window)s).")
    else:
        said = _("%(tenant)s would leave maintenance that is under way for it (%(window)s).")
    if opens:
        if going.overruns:
            return f"{said % told} {_('That work takes longer than announced: it can be let in when it has ended.')}"
        return f"{said % told} {_('It can be let in on %(earliest)s at the earliest.') % told}"
    if going.overruns:
        return f"{said % told} {_('That work takes longer than announced: it can move when it has ended.')}"
    return f"{said % told} {_('It can move on %(earliest)s at the earliest.') % told}"


def _waiting(met: Windows, left: Windows, at: datetime) -> tuple[Windows, datetime]:
    """What it waits for, and from when on it would neither meet nor leave anything: also what begins meanwhile."""
    waits_for = [one for one in met + left if one.ends_at <= at and (one.is_planned or one in left)]
    earliest = at
    while near := [one for one in met if _is_near(one, earliest)] + [
        one for one in left if one.starts_at <= earliest < one.ends_at
    ]:
        waits_for += near
        earliest = max(one.ends_at for one in near)
    return waits_for, earliest


def _is_near(window: MaintenanceWindow, at: datetime) -> bool:
    """Whether who came at this moment would meet it untold. Of an emergency nobody is told a day ahead."""
    return window.is_planned and window.starts_at < at + AHEAD and window.ends_at > at


def _leaves_no_day(windows: Windows) -> bool:
    return all(later.starts_at - one.ends_at < DAILY for one, later in pairwise(windows)) and len(windows) > 1


def _told_until_shut(customer: Tenant | Placement) -> Callable[[MaintenanceWindow], bool]:
    """Asks of a window whether the customer was still open, and concerned, when its notice had to begin."""
    whose = customer.customer_id if isinstance(customer, Placement) else customer.pk
    last = Placement.objects.filter(customer=whose, state__in=proving.OPEN).order_by("-until").first()

    def told(window: MaintenanceWindow) -> bool:
        if last is None or not _concerns(window, last.wave, last.region):
            return False
        said_at = window.announced_at or (window.rule.changed_at if window.rule else last.until)
        return max(said_at, window.starts_at - AHEAD) <= last.until

    return told


def _newly_at(place: tuple[str, str], told: Callable[[MaintenanceWindow], bool], windows: Windows) -> Windows:
    """Those that concern who is at this place (wave and region), and that the customer is not told of."""
    return [one for one in windows if _concerns(one, *place) and not told(one)]


def _only_at(place: tuple[str, str], other: tuple[str, str], windows: Windows) -> Windows:
    """Those that concern who is at this place (wave and region), and not who is at the other."""
    return [one for one in windows if _concerns(one, *place) and not _concerns(one, *other)]


def _concerns(window: MaintenanceWindow, wave: str, region: str) -> bool:
    return window.wave in ("", wave) and window.region in ("", region)
