"""The copy on its way to an object storage. No transaction is open meanwhile: a storage that hangs holds up no row."""

from __future__ import annotations

from tillit.availability.copies import folder, storage
from tillit.availability.copies.actions import read_copy
from tillit.foundation.access import Actor


def upload_copy(actor: Actor) -> int:
    """Bring what changed since the last time to the object storage. Returns how many files; raises Refused.

    Nothing while another upload is under way: what has changed by then goes with the next minute's.
    """
    with folder.uploading() as alone:
        return storage.upload(read_copy(actor)) if alone else 0
