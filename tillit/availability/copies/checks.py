"""What this room is asked about itself."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.translation import gettext_noop

from tillit.availability.copies import folder, storage
from tillit.availability.copies.composing import LIFE
from tillit.foundation.checks import Finding, Undecided
from tillit.foundation.clock import now


def status_copy() -> Finding:
    """Whether the signed copy of the status page is younger than the age at which it says «no signal», everywhere."""
    said = folder.last_document()
    if not said:
        raise Undecided
    age = now() - datetime.fromisoformat(said["made_at"])
    if age > LIFE:
        sentence = gettext_noop("The copy of the status page is %(minutes)s minutes old.")
        return Finding(False, sentence, {"minutes": age // timedelta(minutes=1)})
    if storage.is_wanted() and (failure := storage.last_failure()):
        return Finding(False, gettext_noop("The copy of the status page could not be uploaded: %(why)s"), failure)
    return Finding(True, gettext_noop("The copy of the status page is fresh and signed."))
