"""The one way a rule says no to a human."""

from __future__ import annotations

from django.utils.functional import Promise


class Refused(Exception):
    """A rule of the product forbids this, and the message tells the person why and what to do instead.

    Pages show the message beside the form; the API turns it into a 409 problem document.
    """

    def __init__(self, message: str | Promise, *, field: str | None = None) -> None:
        super().__init__(str(message))
        self.field = field
