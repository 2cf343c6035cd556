"""What this sub-room is asked about itself."""

from __future__ import annotations

from django.utils.translation import gettext_noop

from tillit.availability.advisories.models import Emergency
from tillit.availability.advisories.queries import unpublished_after_window
from tillit.foundation.checks import Finding
from tillit.foundation.clock import now


def advisories_follow_emergencies() -> Finding:
    """Whether the advisory of every emergency was public within an hour of its window's end."""
    late = [
        one.advisory.slug.upper()
        for one in unpublished_after_window()
        if one.window and one.window.ends_at + Emergency.PUBLISHED_WITHIN <= now()
    ]
    if late:
        sentence = gettext_noop("Advisories not public an hour after their emergency: %(late)s.")
        return Finding(False, sentence, {"late": ", ".join(late)})
    return Finding(True, gettext_noop("Every emergency that is over has its advisory, or an hour left to publish it."))
