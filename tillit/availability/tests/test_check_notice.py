"""That maintenance is announced in time is looked up, not believed."""

from datetime import timedelta

from django.utils import timezone

from tillit.availability.models import MaintenanceWindow
from tillit.foundation.checks import perform

LONG = timedelta(hours=30)


def announced(kind, notice, **values):
    starts = timezone.now() - timedelta(days=3)
    return MaintenanceWindow.objects.create(
        kind=kind,
        title={"en": "Work"},
        starts_at=starts,
        ends_at=starts + timedelta(hours=1),
        announced_at=starts - notice,
        **values,
    )


def test_windows_announced_in_time_pass(operator, second):
    assert str(perform("maintenance-notice")) == "No planned maintenance within 90 days."
    announced("planned", LONG)
    two_people = {"announced_by": operator.user, "confirmed_by": second.user, "confirmed_at": timezone.now()}
    announced("emergency", timedelta(minutes=5), reason="A hole", advisory="tillit-2026-0001", **two_people)
    assert str(perform("maintenance-notice")) == "Planned windows within 90 days: 1; announced 30 hours ahead or more."


def test_a_longer_promise_is_held_against_what_was_done(db, monkeypatch):
    announced("planned", LONG)
    monkeypatch.setattr(MaintenanceWindow, "NOTICE", timedelta(hours=48))
    found = perform("maintenance-notice")
    assert not found.ok
    assert found.figures == {"hours": 48, "short": 1, "count": 1}
