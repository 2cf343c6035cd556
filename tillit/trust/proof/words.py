"""What the log's subjects and changes are called on a page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.functional import Promise
from django.utils.text import Truncator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tillit.foundation.texts import pick
from tillit.trust.models import Agreement, Measure
from tillit.trust.queries import processor_names

NOUNS: dict[str, str | Promise] = {
    "operator": _("Operator"),
    "promises": _("Promises"),
    "statements": _("Statement"),
    "agreements": _("Agreement"),
    "regions": _("Region"),
    "data_centres": _("Data centre"),
    "measures": _("Measure"),
    "certificates": _("Certificate"),
    "retention": _("Retention rule"),
    "processors": _("Processor"),
    "objections": _("Objections to a processor"),
    "windows": _("Maintenance window"),
    "incidents": _("Incident"),
    "checks": _("Check"),
    "refused": _("Refused attempts"),
    "log": _("Key of the log"),
}
VERBS: dict[str, str | Promise] = {
    "added": _("added"),
    "changed": _("changed"),
    "removed": _("removed"),
    "erased": _("content erased"),
    "passed": _("Passed"),
    "failed": _("Failed"),
}
TONES = {"added": "good", "changed": "info", "removed": "bad", "erased": "idle", "passed": "good", "failed": "bad"}
NAMED_BY = ("name", "title", "standard", "text")
LETTERS = 90  # of a sentence that stands for a name


def noun(section: str) -> str:
    return str(NOUNS.get(section, section))


def kind(section: str, changed: str, content: Any) -> str:
    """What happened, as people call it: of a check they want to know its answer, not that it was logged."""
    if section == "checks" and isinstance(content, dict) and "ok" in content:
        return "passed" if content["ok"] else "failed"
    return changed


def verb(kind: str) -> str:
    return str(VERBS[kind])


def name_in(content: Any, fallback: str) -> str:
    """What people call the subject: its name or title in the reader's language, else its slug."""
    for key in NAMED_BY:
        value = content.get(key) if isinstance(content, dict) else None
        if isinstance(value, dict) and value:
            value = pick(value)[0]
        if isinstance(value, str) and value:
            return Truncator(value.rstrip(".")).chars(LETTERS) if key == "text" else value
    return fallback


def called(subjects: Iterable[str]) -> dict[str, str]:
    """Subject to name, where what was logged holds a short name only; a query for each kind that is there."""
    asked = [subject.split("/") for subject in subjects]
    kinds = {parts[0] for parts in asked}
    named: dict[str, dict[str, str]] = {
        "agreements": _titles() if any(parts[0] == "agreements" and parts[2:] for parts in asked) else {},
        "objections": processor_names() if "objections" in kinds else {},
        "checks": _proven() if "checks" in kinds else {},
    }
    found = {}
    for kind, name, *number in (parts for parts in asked if len(parts) > 1):
        if said := named.get(kind, {}).get(name):
            words = {"title": said, "number": "".join(number)}
            found["/".join([kind, name, *number])] = (
                gettext("%(title)s, version %(number)s") % words if number else said
            )
    return found


def _titles() -> dict[str, str]:
    return {row.slug: pick(row.title)[0] for row in Agreement.objects.standing()}


def _proven() -> dict[str, str]:
    """Check to the first measure that it proves."""
    rows = Measure.objects.in_force().exclude(checked_by="").order_by("-position")
    return {row.checked_by: pick(row.text)[0].rstrip(".") for row in rows}
