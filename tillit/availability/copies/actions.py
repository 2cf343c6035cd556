"""Writing the copy, and bringing it to an object storage."""

from __future__ import annotations

from tillit.availability.copies import folder, storage
from tillit.availability.copies.composing import Moment, compose
from tillit.foundation.access import Actor, action, require
from tillit.foundation.clock import now
from tillit.foundation.jobs import later


@action
def write_copy(actor: Actor) -> int:
    """Write the status page as it is now into its folder, signed, and have it uploaded. Returns its number."""
    require(actor, "copies.write")
    with folder.claimed() as place:
        moment = Moment.take(now(), before=folder.last_document().get("sequence", 0))
        folder.write(place, compose(moment))
    if storage.is_wanted():
        later("copies.upload", actor, only_one="copies.upload")
    return moment.sequence


@action
def upload_copy(actor: Actor) -> int:
    """Bring what changed since the last time to the object storage. Returns how many files; raises Refused.

    Nothing while another upload is under way: what has changed by then goes with the next minute's.
    """
    require(actor, "copies.write")
    with folder.uploading() as alone:
        if not alone:
            return 0
        with folder.claimed() as place:
            contents = storage.contents_of(place)
        return storage.upload(contents)
