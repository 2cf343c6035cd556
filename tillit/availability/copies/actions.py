"""Writing the copy, and bringing it to an object storage."""

from __future__ import annotations

from tillit.availability.copies import folder, storage
from tillit.availability.copies.composing import Moment, compose
from tillit.foundation.access import Actor, action, require
from tillit.foundation.clock import now
from tillit.foundation.jobs import later


@action
def write_copy(actor: Actor) -> int:
    """Write the status page as it is now into its folder, signed, and have it uploaded. Its number; raises Held."""
    require(actor, "copies.write")
    with folder.claimed() as place:
        moment = Moment.take(now(), before=folder.last_document().get("sequence", 0))
        folder.write(place, compose(moment))
    if storage.is_wanted():
        later("copies.upload", actor, only_one="copies.upload")
    return moment.sequence


@action
def read_copy(actor: Actor) -> dict[str, bytes]:
    """Every file of the copy as it is now, whole: nobody writes meanwhile. In the order in which it is uploaded."""
    require(actor, "copies.write")
    with folder.claimed() as place:
        return folder.read(place)
