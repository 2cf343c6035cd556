"""One register file, two rooms: `trust` reads it and keeps most of it, `availability` keeps its plan and its parts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _

from tillit.availability.actions.plan import apply_components, apply_rules
from tillit.availability.models import MaintenanceWindow
from tillit.availability.queries import export_components, export_rules
from tillit.foundation.access import Actor
from tillit.foundation.errors import Refused


class Availability:
    """Keeps the sections of the register that say when the service may be interrupted, and what it consists of."""

    sections = ("maintenance_rules", "components")

    def apply(self, actor: Actor, register: Mapping[str, Any]) -> None:
        _promise_no_more_than_is_kept(register["promises"]["notice_hours"])
        apply_components(actor, components=register.get("components", []))  # first: rules may name them
        apply_rules(actor, rules=register.get("maintenance_rules", []))

    def export(self) -> dict[str, list[dict[str, Any]]]:
        return {"maintenance_rules": export_rules(), "components": export_components()}


availability = Availability()


def _promise_no_more_than_is_kept(hours: int) -> None:
    """A page that states a longer notice than the calendar enforces would not be true."""
    kept = MaintenanceWindow.NOTICE // timedelta(hours=1)
    if hours > kept:
        raise Refused(
            _("must be at most %(hours)s: windows are refused that are announced later than that.") % {"hours": kept},
            field="promises.notice_hours",
        )
