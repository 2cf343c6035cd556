"""The copy is made anew every minute, whatever happens; and at once when something was said."""

from __future__ import annotations

import logging

from tillit.availability.copies.actions import write_copy
from tillit.availability.copies.folder import Held
from tillit.availability.copies.uploading import upload_copy
from tillit.foundation.access import Actor
from tillit.foundation.jobs import CLOCK, by_the_clock, job

log = logging.getLogger(__name__)


@by_the_clock("copies.every_minute", "* * * * *")
def every_minute(actor: Actor) -> None:
    _write(actor)


@job("copies.write", queue=CLOCK)
def write(actor: Actor) -> None:
    _write(actor)


@job("copies.upload", queue=CLOCK)
def upload(actor: Actor) -> None:
    upload_copy(actor)


def _write(actor: Actor) -> None:
    """Left out while somebody else holds the folder: the next minute tries again, and no job waits for it."""
    try:
        write_copy(actor)
    except Held as held:
        log.warning("No copy was written this minute. %s", held)
