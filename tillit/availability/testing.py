"""What tests of this room and of those above it need."""

from __future__ import annotations

from datetime import timedelta

from django.apps import apps

from tillit.foundation.clock import now
from tillit.foundation.models import User


def asked_emergency(by: User) -> str:
    """This person has asked for an emergency, which somebody else may confirm. The slug of its advisory.

    By the models' names: rooms beside `advisories` do not know it.
    """
    said = {"title": {"en": "A hole"}, "summary": {"en": "Bad."}, "severity": "critical"}
    advisory, _made = apps.get_model("advisories", "Advisory").objects.get_or_create(
        slug="tillit-2026-0001", defaults=said
    )
    times = {"starts_at": now(), "ends_at": now() + timedelta(hours=1), "asked_at": now()}
    apps.get_model("advisories", "Emergency").objects.create(advisory=advisory, reason="A hole.", asked_by=by, **times)
    return str(advisory.slug)
