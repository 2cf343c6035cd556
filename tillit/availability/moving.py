"""When a customer may come into another wave or region: nobody meets maintenance by it that they were not told of a day
ahead, and nobody leaves what is under way for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from tillit.availability import words
from tillit.availability.models import MaintenanceWindow
from tillit.foundation.clock import now
from tillit.foundation.errors import Refused
from tillit.foundation.models import Tenant
from tillit.tenants.models import Placement


@dataclass(frozen=True)
class Move:
    """What of the announced maintenance changes for a customer that moves, and from when on it may."""

    gained: list[MaintenanceWindow]
    lost: list[MaintenanceWindow]
    waits_for: list[MaintenanceWindow]
    earliest: datetime


def move(tenant: Tenant | Placement, wave: str, region: str) -> Move:
    """From where it is now to this wave and region. Asks for the announced windows once."""
    ahead = list(MaintenanceWindow.objects.upcoming())
    gained = [one for one in ahead if _concerns(one, wave, region) and not _concerns(one, tenant.wave, tenant.region)]
    lost = [one for one in ahead if _concerns(one, tenant.wave, tenant.region) and not _concerns(one, wave, region)]
    at = earliest = now()
    waits_for: list[MaintenanceWindow] = []
    while near := [one for one in gained if one not in waits_for and _is_near(one, earliest)] + [
        one for one in lost if one not in waits_for and one.starts_at <= at
    ]:
        waits_for += near
        earliest = max(earliest, *(one.ends_at for one in near))
    return Move(gained, lost, waits_for, earliest)


def refuse_early(before: Placement, tenant: Tenant) -> None:
    """Asked by `tenants.actions.customers.change_tenant`: refuse a move that would have to wait, and say until when."""
    going = move(before, tenant.wave, tenant.region)
    if going.waits_for and not tenant.is_operator:
        field = "wave" if before.wave != tenant.wave else "region"
        raise Refused(sentence(tenant, going), field=field)


def sentence(tenant: Tenant, going: Move) -> str:
    """Why it has to wait, and until when."""
    told = {
        "tenant": tenant.name,
        "window": "; ".join(words.named(one) for one in going.waits_for),
        "earliest": words.moment(going.earliest),
    }
    if any(one in going.gained for one in going.waits_for):
        said = _("%(tenant)s would meet maintenance it was not told of 24 hours ahead (%(window)s).")
    else:
        said = _("%(tenant)s would leave maintenance that is under way for it (%(window)s).")
    return f"{said % told} {_('It can move on %(earliest)s at the earliest.') % told}"


def _is_near(window: MaintenanceWindow, at: datetime) -> bool:
    """Whether who came at this moment would meet it untold. Of an emergency nobody is told a day ahead."""
    return window.is_planned and window.starts_at < at + window.NOTICE and window.ends_at > at


def _concerns(window: MaintenanceWindow, wave: str, region: str) -> bool:
    return window.wave in ("", wave) and window.region in ("", region)
