"""The copy is made anew every minute, whatever happens; and at once when something was said."""

from __future__ import annotations

from tillit.availability.copies.actions import write_copy
from tillit.availability.copies.uploading import upload_copy
from tillit.foundation.access import Actor
from tillit.foundation.jobs import by_the_clock, job


@by_the_clock("copies.every_minute", "* * * * *")
def every_minute(actor: Actor) -> None:
    write_copy(actor)


@job("copies.write")
def write(actor: Actor) -> None:
    write_copy(actor)


@job("copies.upload")
def upload(actor: Actor) -> None:
    upload_copy(actor)
