"""An object storage that holds the copy, where `TILLIT_STATUS_COPY_URL` names one: `s3://bucket/folder`.

obstore signs requests as S3 and those that speak like it want them (AWS Signature 4), here and without a network. The
request itself goes through the broker like every other: to the host the register declares for the purpose
`status-copy`, and nowhere else. Credentials are obstore's own variables (`AWS_ACCESS_KEY_ID` …) and have to be whole:
without them obstore would ask the machine's cloud (169.254.169.254) for a role's.
"""

from __future__ import annotations

import hashlib
import json
import mimetypes
import os
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

import obstore
from django.conf import settings
from django.utils.translation import gettext as _
from obstore.exceptions import BaseError
from obstore.store import S3Store

from tillit.foundation import outbound, wholefile
from tillit.foundation.clock import now
from tillit.foundation.errors import Refused

if TYPE_CHECKING:
    from obstore.store import RetryConfig

PURPOSE = "status-copy"
SIGNED_FOR = timedelta(minutes=5)
LONGEST_SECONDS = 120.0  # for all the files of a copy; the next one is a minute younger
KINDS = {".atom": "application/atom+xml", ".pem": "application/x-pem-file", ".sig": "application/octet-stream"}
CREDENTIALS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
ONCE: RetryConfig = {"max_retries": 0}


def is_wanted() -> bool:
    return bool(settings.STATUS_COPY_URL)


def upload(contents: dict[str, bytes]) -> int:
    """Send those of these files that changed, in their order.

    Returns how many. Raises Refused, also when all of them together take too long; what was not sent then is sent with
    the next minute's copy.
    """
    deadline = time.monotonic() + LONGEST_SECONDS
    known = _remembered()
    sent: dict[str, str] = known.get("sent", {})
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    changed = [name for name in contents if sent.get(name) != hashes[name]]
    try:
        for name in changed:
            if time.monotonic() > deadline:
                raise Refused(_("The storage takes the copy of the status page too slowly."))
            _put(name, contents[name])
            sent[name] = hashes[name]
    except Refused as refusal:
        _remember({"sent": sent, "failed_at": now().isoformat(), "why": str(refusal)})
        raise
    _remember({"sent": sent, "uploaded_at": now().isoformat()})
    return len(changed)


def last_failure() -> dict[str, Any]:
    """Why the last upload failed; empty when it did not."""
    known = _remembered()
    return {"why": known["why"]} if known.get("why") else {}


def content_type(name: str) -> str:
    known = KINDS.get(Path(name).suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    return f"{known}; charset=utf-8" if known.startswith("text/") else known


def _put(name: str, content: bytes) -> None:
    url = _signed(name, "PUT")
    headers = {"Content-Type": content_type(name), "Cache-Control": "no-cache"}
    reply = outbound.call(None, PURPOSE, "PUT", url, body=content, headers=headers)
    if reply.status not in (200, 201, 204):
        said = {"host": urlsplit(url).hostname, "status": reply.status, "file": name}
        raise Refused(_("%(host)s does not take %(file)s: it answers %(status)s.") % said)


def _signed(name: str, method: Literal["GET", "PUT"]) -> str:
    """An address at which this one file may be put, or fetched, for some minutes."""
    if urlsplit(settings.STATUS_COPY_URL).scheme != "s3":
        raise Refused(_("The copy of the status page goes to storages that speak S3: s3://bucket/folder."))
    if missing := [name for name in CREDENTIALS if not os.environ.get(name)]:
        raise Refused(_("An upload of the status page's copy needs %(missing)s.") % {"missing": ", ".join(missing)})
    try:
        store = S3Store.from_url(settings.STATUS_COPY_URL, retry_config=ONCE)
        return str(obstore.sign(store, method, name, SIGNED_FOR))
    except (BaseError, ValueError, TypeError) as error:
        why = str(error).partition("\n")[0][:200]
        raise Refused(_("An upload of the status page's copy cannot be signed: %(why)s") % {"why": why}) from error


def _remembered() -> dict[str, Any]:
    try:
        known: dict[str, Any] = json.loads(_note().read_text())
    except (OSError, ValueError):
        return {}
    return known if known.get("url") == settings.STATUS_COPY_URL else {}


def _remember(facts: dict[str, Any]) -> None:
    wholefile.replace(_note(), json.dumps(facts | {"url": settings.STATUS_COPY_URL}).encode())


def _note() -> Path:
    return Path(settings.DATA) / "status-copy.uploads.json"
