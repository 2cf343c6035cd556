"""Files of tenants: bytes in a folder of the tenant under the data folder, a row that says what they are."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from tillit.foundation.access import Actor
from tillit.foundation.errors import Refused
from tillit.foundation.formats import local_number
from tillit.foundation.models import StoredFile, Tenant


def keep(actor: Actor, *, name: str, chunks: Iterable[bytes], limit: int) -> StoredFile:
    """Store a file for the actor's tenant, at most `limit` bytes. Belongs into an action's transaction.

    The name is only ever shown; the place on disk has a random one.
    """
    key = f"{actor.tenant.pk}/{secrets.token_hex(16)}"
    path = _root() / key
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    digest, size = hashlib.sha256(), 0
    try:
        with path.open("xb") as target:
            for chunk in chunks:
                size += len(chunk)
                if size > limit:
                    raise Refused(too_large(limit))
                digest.update(chunk)
                target.write(chunk)
            target.flush()
            os.fsync(target.fileno())
    except (Refused, OSError):
        path.unlink(missing_ok=True)
        raise
    shown = Path(name.replace("\x00", "")).name[:255] or "file"
    return StoredFile.objects.create(tenant=actor.tenant, name=shown, size=size, sha256=digest.hexdigest(), key=key)


def path_of(file: StoredFile) -> Path:
    return _root() / file.key


def folder_of(tenant: Tenant) -> Path:
    """Where the bytes of a tenant's files lie; may not exist yet."""
    return _root() / str(tenant.pk)


def discard(file: StoredFile) -> None:
    """Delete the bytes and the row."""
    path_of(file).unlink(missing_ok=True)
    file.delete()


def too_large(limit: int) -> str:
    return _("The file is larger than %(limit)s MB. Please split it.") % {"limit": local_number(limit // 1_000_000)}


def _root() -> Path:
    return Path(settings.DATA) / "files"
