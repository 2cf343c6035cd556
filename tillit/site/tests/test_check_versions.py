"""Programs that no longer get security updates, or are not updated, are said to be so."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from tillit.foundation.checks import perform
from tillit.site.checks import ENDS


def test_what_runs_today_is_supported(db):
    found = perform("supported-versions")
    assert "PostgreSQL 18" in str(found)
    assert found.ok is (min(ENDS["Django 5.2"], ENDS["Python 3.11"]) - timezone.now().date() > timedelta(days=90))


@pytest.mark.parametrize(
    ("day", "ok"), [(datetime(2027, 6, 1, tzinfo=UTC), True), (datetime(2028, 3, 1, tzinfo=UTC), False)]
)
def test_support_that_ends_within_a_quarter_is_told(db, day, ok):
    with time_machine.travel(day):
        assert perform("supported-versions").ok is ok


def test_an_installation_nobody_updates_is_told(db):
    with time_machine.travel(timezone.now() + timedelta(days=20 * 365)):
        found = perform("patch-age")
    assert not found.ok
    assert found.figures["days"] > 45
