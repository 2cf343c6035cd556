"""Whether work for a tenant stands still just now: announced maintenance, while which nothing may be changed.

The foundation knows no maintenance plan. A room above that does says so in its `AppConfig`:
`standstill = "tillit.availability.effects.standstill"`, a function of a tenant that answers at once, because every
action of a person asks it.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.apps import apps
from django.utils.module_loading import import_string

from tillit.foundation.clock import now
from tillit.foundation.errors import Refused
from tillit.foundation.models import Tenant

AGAIN = 300  # seconds after which to ask again where work has taken longer than was said


@dataclass(frozen=True)
class Standstill:
    """What a tenant cannot do, until when it was said to last, and the sentence for its people.

    `is_offline`: nothing is shown; otherwise everything is, and only changes are refused.
    """

    is_offline: bool
    until: datetime
    sentence: str

    @property
    def seconds(self) -> int:
        """After how many to try again (RFC 9110, `Retry-After`)."""
        left = math.ceil((self.until - now()).total_seconds())
        return left if left > 0 else AGAIN


class Paused(Refused):
    """Refused because work stands still; `standstill` says until when."""

    def __init__(self, standstill: Standstill) -> None:
        super().__init__(standstill.sentence)
        self.standstill = standstill


def standstill_of(tenant: Tenant) -> Standstill | None:
    """What stands still for this tenant now; None nearly always."""
    return next((found for ask in _declared() if (found := ask(tenant)) is not None), None)


@functools.cache
def _declared() -> tuple[Callable[[Tenant], Standstill | None], ...]:
    paths = [getattr(room, "standstill", "") for room in apps.get_app_configs()]
    return tuple(import_string(path) for path in paths if path)
