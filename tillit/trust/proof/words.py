"""What the log's subjects and changes are called on a page."""

from __future__ import annotations

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tillit.foundation.texts import pick

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
}
TONES = {"added": "good", "changed": "info", "removed": "bad", "erased": "idle"}
NAMED_BY = ("name", "title", "standard")


def noun(section: str) -> str:
    return str(NOUNS.get(section, section))


def verb(kind: str) -> str:
    return str(VERBS[kind])


def name_in(content: Any, fallback: str) -> str:
    """What people call the subject: its name or title in the reader's language, else its slug."""
    for key in NAMED_BY:
        value = content.get(key) if isinstance(content, dict) else None
        if isinstance(value, dict) and value:
            value = pick(value)[0]
        if isinstance(value, str) and value:
            return value
    return fallback
