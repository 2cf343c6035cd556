"""What the register and the objections put into the public trust log (see `proof/published.py`), and what holds now.

An entry's content is its versions that stand, each with its dates and what it says, as the file says it.
Nothing depends on the moment of reading: who knows the dates can tell which version held when.
"""

from __future__ import annotations

from typing import Any

from django_scopes import scopes_disabled

from tillit.foundation.models import Event, Tenant
from tillit.foundation.tenancy import in_tenant
from tillit.trust.dated import Entry
from tillit.trust.models import Objection
from tillit.trust.parts import OperatorPart, PromisesPart
from tillit.trust.queries import KEYS, LISTS, operator, said_by

Content = dict[str, Any]
WHOLE = {  # parts of the file that are no lists and have no versions
    "operator": tuple(OperatorPart.model_fields),
    "promises": tuple(PromisesPart.model_fields),
}


def subjects() -> dict[str, Content]:
    """Every subject of the register with what is public of it now."""
    lists = {f"{section}/{name}": said for section, found in current().items() for name, said in found.items()}
    return whole() | lists


def current() -> dict[str, dict[str, Content]]:
    """Section to entry to what is public of it: the versions in force and to come."""
    return {section: _entries(section) for section in LISTS}


def whole() -> dict[str, Content]:
    held = operator()
    if held is None:
        return {}
    return {part: {key: getattr(held, key) for key in keys} for part, keys in WHOLE.items()}


def register(_event: Event) -> list[dict[str, Any]]:
    lists = [{"subject": f"{section}/*", "content": found} for section, found in current().items()]
    return [{"subject": part, "content": said} for part, said in whole().items()] + lists


def objections(event: Event) -> dict[str, Any]:
    """How many customers keep a processor out; never who."""
    processor = event.data["processor"]
    with in_tenant(Tenant.objects.get(kind=Tenant.Kind.OPERATOR)), scopes_disabled():  # the operator counts everybody's
        count = Objection.objects.standing().filter(processor=processor).count()
    return {"subject": f"objections/{processor}", "content": {"processor": processor, "standing": count}}


def _entries(section: str) -> dict[str, Content]:
    found: dict[str, Content] = {}
    for row in LISTS[section].objects.standing():
        entry = found.setdefault(getattr(row, KEYS[section]), {"versions": []})
        entry["versions"].append(_version(section, row))
    return found


def _version(section: str, row: Entry) -> Content:
    return {
        "number": row.number,
        "announced_at": row.announced_at,
        "in_force_at": row.in_force_at,
        "ended_at": row.ended_at,
        "says": said_by(section, row),
    }
