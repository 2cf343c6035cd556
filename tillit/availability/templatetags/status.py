"""What the public pages say of a single incident or window."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django import template
from django.utils.safestring import SafeString

from tillit.availability.models import Incident, MaintenanceWindow
from tillit.availability.models.work import NoticeFigure, NoticeProof
from tillit.availability.templatetags.availability import span

register = template.Library()


@dataclass
class _Stretch:
    starts_at: datetime
    ends_at: datetime


@register.filter
def lasted(incident: Incident) -> SafeString:
    """From when to when a resolved incident was."""
    return span(_Stretch(incident.started_at, incident.resolved_at or incident.started_at))


@register.filter
def seen_since(window: MaintenanceWindow) -> list[tuple[str, datetime]]:
    """Where its notice, as it stands, was read back from a page that everybody or a customer gets, and since when."""
    since: dict[str, datetime] = {}
    for proof in window.proofs.filter(sequence=window.sequence).order_by("verified_at"):
        since[proof.place] = proof.verified_at  # the last place of its kind: from then on it stood everywhere
    return [(str(NoticeProof.Place(place).label), at) for place, at in since.items()]


@register.filter
def figure(window: MaintenanceWindow) -> NoticeFigure | None:
    """How many of the active people were shown its notice in time; counted when it began."""
    found: NoticeFigure | None = window.figures.first()
    return found
