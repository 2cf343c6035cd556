"""Reads that span advisories, emergencies and windows."""

from __future__ import annotations

from django.db.models import Q

from tillit.availability.advisories.models import Emergency
from tillit.foundation.clock import now
from tillit.foundation.models import User


def is_asked(slug: str, by: User) -> bool:
    """Whether this person has asked for an emergency on this advisory, and nobody has answered yet."""
    return Emergency.objects.open().filter(advisory__slug=slug, asked_by=by).exists()


def unpublished_after_window() -> list[Emergency]:
    """Emergencies whose window is over while their advisory is still a draft."""
    over = Q(window__ends_at__lte=now()) | Q(window__completed_at__isnull=False)
    drafts = Emergency.objects.filter(over, advisory__published_at=None, window__cancelled_at=None)
    return list(drafts.select_related("advisory", "window").order_by("window__ends_at"))
