"""What the copy holds: pages in every language, a document for programs, feeds, and the signature over it all.

The document names the SHA-256 of every page, so that the signature covers what people read, too.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from tillit.availability import publishing, queries, statuspage, telling, words
from tillit.availability.copies import folder, key
from tillit.availability.models import Incident, MaintenanceWindow
from tillit.foundation.models import Tenant
from tillit.foundation.operating import example_mark, operators_name

Json = dict[str, Any]
Files = dict[str, bytes]

FORMAT = "tillit-status-copy/1"
LIFE = timedelta(minutes=3)  # the page says "no signal" beyond; `copies/copy.js` reads it from the document
DAYS = 14  # of windows ahead, and of incidents and windows behind
STYLES = ("reset", "tokens", "base", "text", "layout", "public")
MORE_STYLES = ("table", "card", "banner", "ledger", "utilities", "print")
OWN_STYLES = ("availability/availability.css", "availability/status.css", "copies/copy.css")


@dataclass(frozen=True)
class Moment:
    """One copy: what is told, when, and its number."""

    operator: Tenant
    name: str  # of the operator, as the public knows it
    example: dict[str, str] | None  # what is said above invented data; None: it is not
    status: queries.Status
    incidents: list[Incident]  # resolved ones
    past: list[MaintenanceWindow]
    made_at: datetime
    sequence: int

    @classmethod
    def take(cls, made_at: datetime, before: int) -> Moment:
        """`before`: the last copy's number. Numbers are seconds where they can be, so that a lost folder loses none."""
        return cls(
            operator=queries.operating_tenant(),
            name=operators_name(),
            example=example_mark(),
            status=queries.current_status(),
            incidents=queries.past_incidents(DAYS),
            past=queries.past_windows(DAYS),
            made_at=made_at,
            sequence=max(before + 1, int(made_at.timestamp())),
        )

    @property
    def valid_until(self) -> datetime:
        return self.made_at + LIFE

    @property
    def ahead(self) -> list[MaintenanceWindow]:
        return [one for one in self.status.upcoming if one.starts_at < self.made_at + timedelta(days=DAYS)]


def compose(moment: Moment) -> Files:
    """Every file of the copy, in the order in which they are to be written."""
    public = key.public_key()
    pages: Files = {"status.css": _styles(), "status.js": _found("copies/copy.js")}
    for language, _name in settings.LANGUAGES:
        with translation.override(language), timezone.override(ZoneInfo(moment.operator.time_zone)):
            pages[f"index.{language}.html"] = _page(moment, public, language)
            pages[f"feed.{language}.atom"] = telling.atom(_said(moment, language), telling.entries(moment.operator))
    pages["index.html"] = pages[f"index.{settings.LANGUAGE_CODE}.html"]
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in pages.items()}
    document = json.dumps(_document(moment, public) | {"files": hashes}, ensure_ascii=False, indent=1)
    signature = key.signing_key().sign(document.encode())
    known = {"algorithm": "Ed25519", "public_key": public.raw, "fingerprint": public.fingerprint}
    return pages | {
        "key.json": json.dumps(known, indent=1).encode(),
        "key.pem": public.pem.encode(),
        "status.json": document.encode(),
        "status.json.sig": signature,
        folder.SIGNED: json.dumps({"document": document, "signature": b64encode(signature).decode()}).encode(),
    }


def original() -> str:
    """Where the page lives that this is a copy of."""
    return f"{'https' if settings.HTTPS else 'http'}://{settings.BASE_HOST}/status/"


def _document(moment: Moment, public: key.PublicKey) -> Json:
    status = moment.status
    return {
        "format": FORMAT,
        "sequence": moment.sequence,
        "made_at": statuspage.moment(moment.made_at),
        "valid_until": statuspage.moment(moment.valid_until),
        "operator": moment.name,
        "example_data": moment.example is not None,
        "original": original(),
        "key": public.fingerprint,
        "status": {
            "indicator": status.summary,
            "description": words.in_every_language(lambda: str(words.STATUS[status.summary][0])),
        },
        "components": [
            {"slug": one.slug, "name": one.name, "status": queries.shown_state(one, status.active)}
            for one in status.components
        ],
        "incidents": [_incident(one) for one in (*status.incidents, *moment.incidents)],
        "windows": [
            publishing.as_json(one) | {"phase": one.phase.value}
            for one in (*status.active, *moment.ahead, *moment.past)
        ],
    }


def _incident(found: Incident) -> Json:
    return {"id": found.pk} | publishing.incident_as_json(found)


def _page(moment: Moment, public: key.PublicKey, language: str) -> bytes:
    status = moment.status
    context = {
        "moment": moment,
        "status": status,
        "components": [(one, queries.shown_state(one, status.active)) for one in status.components],
        "active": queries.merged(status.active),
        "announced": queries.merged(moment.ahead),
        "minutes": LIFE // timedelta(minutes=1),
        "days": DAYS,
        "key": public,
        "fingerprint_command": key.FINGERPRINT_COMMAND,
        "file": f"index.{language}.html",
        "languages": settings.LANGUAGES,
        "language": language,
        "original": original(),
        "zone": timezone.get_current_timezone_name(),
    }
    return render_to_string("copies/copy.html", context).encode()


def _said(moment: Moment, language: str) -> telling.Said:
    address = f"{original()}?lang={language}"
    return telling.Said(
        name=_("Service status: %(name)s") % {"name": moment.name},
        description=_("Maintenance announced, moved and cancelled, and every word about incidents."),
        url=address,
        author=moment.name,
        feed_url=f"{original()}feed.atom?lang={language}",
    )


def _styles() -> bytes:
    """One style sheet of those the product has, in their order."""
    return b"\n".join(_found(name) for name in (*(f"css/{one}.css" for one in STYLES + MORE_STYLES), *OWN_STYLES))


def _found(name: str) -> bytes:
    path = finders.find(name)
    if path is None:
        raise LookupError(f"There is no static file {name}.")
    return Path(path).read_bytes()
