"""The register's annexes on paper."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from tillit.foundation.models import Tenant
from tillit.trust import annexes as register
from tillit.trust.agreements.sealed.printed import Annex, Table
from tillit.trust.cloud import Cloud

WIDEST = 5  # columns; of a wider table each row becomes one of its own


def annexes(tenant: Tenant) -> list[Annex]:
    """Annexes I to III for a customer, in the active language."""
    return [_annex(one) for one in register.annexes(Cloud(tenant))]


def _annex(one: dict[str, Any]) -> Annex:
    title = _("Annex %(number)s: %(title)s") % one
    return Annex(f"annex-{one['number'].lower()}", title, [table for part in one["parts"] for table in _tables(part)])


def _tables(part: dict[str, Any]) -> Iterator[Table]:
    labels, nothing = [_("What"), _("Stands in the register")], _("The register states nothing here.")
    if "facts" in part:
        yield Table(labels, part["facts"], part["title"])
        return
    head, rows = part["table"]["head"], part["table"]["rows"]
    if len(head) <= WIDEST or not rows:
        yield Table(head, rows, part["title"], nothing)
        return
    for row in rows:
        yield Table(labels, list(zip(head[1:], row[1:], strict=True)), row[0])
