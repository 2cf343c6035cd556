"""Badges compute themselves: from checks of the running system, from dates, and from nothing else."""

from datetime import datetime, timedelta

import psycopg
import pytest
import time_machine
from django.db import ProgrammingError, transaction
from django.utils import timezone

from tillit.foundation.testing import names_in
from tillit.trust.proof.badges import badge_of_certificate
from tillit.trust.proof.models.checks import CheckRun
from tillit.trust.proof.queries.checks import held_certificates, proven_measures
from tillit.trust.register import read_register

TABLE = "imports_rejectedrow"
APART = """
[[measures]]
slug = "tenants-apart"
checked_by = "row-level-security"
period_hours = 2
text.en = "The database keeps customers apart."
"""


def states():
    return {one.measure.slug: one.badge.state.value for one in proven_measures()}


@pytest.fixture
def careless_owner(cluster):
    """Somebody who may do anything with the tables, and forgets."""
    with psycopg.connect(cluster.dsn("tillit_owner", "owner", "tillit"), autocommit=True) as owner:
        owner.execute("SET lock_timeout = '5s'")
        yield lambda word: owner.execute(f"ALTER TABLE {TABLE} {word} FORCE ROW LEVEL SECURITY".replace("  ", " "))
        owner.execute(f"ALTER TABLE {TABLE} FORCE ROW LEVEL SECURITY")


def test_a_measure_is_green_by_its_check_alone(says, checks_run):
    says(APART)
    assert states() == {"tenants-apart": "grey"}
    checks_run()
    assert states() == {"tenants-apart": "green"}


def test_a_broken_lock_is_red_at_the_next_run_and_green_once_mended(says, checks_run, careless_owner, operator_tenant):
    says(APART)
    with time_machine.travel(timezone.now()) as clock:
        checks_run()
        careless_owner("NO")
        clock.shift(timedelta(minutes=15))
        checks_run()
        assert states() == {"tenants-apart": "red"}
        clock.shift(timedelta(minutes=5))
        checks_run()
        careless_owner("")
        clock.shift(timedelta(minutes=5))
        checks_run()
        assert states() == {"tenants-apart": "green"}
    found = CheckRun.objects.filter(name="row-level-security").order_by("id")
    assert [run.ok for run in found] == [True, False, False, True]
    told = [name for name in names_in(operator_tenant) if name.startswith("proof.check")]
    assert told.count("proof.check_recovered") == 1


def test_a_proof_older_than_its_period_is_no_proof(says, checks_run):
    says(APART)
    checks_run()
    with time_machine.travel(timezone.now() + timedelta(hours=2, minutes=1)):
        assert states() == {"tenants-apart": "grey"}


def test_a_clock_that_was_set_back_proves_nothing(says, checks_run):
    says(APART)
    with time_machine.travel(timezone.now() + timedelta(hours=3)):
        checks_run()
    CheckRun.objects.all()
    assert states() == {"tenants-apart": "grey"}
    checks_run()
    assert CheckRun.objects.filter(name="row-level-security").count() == 2


def test_a_claim_past_its_date_is_red_whatever_the_check_says(says, checks_run):
    says(APART.replace("text.en", "claim_until = 2030-06-30\ntext.en"))
    with time_machine.travel(datetime(2030, 6, 30, 12, tzinfo=timezone.get_default_timezone())):
        checks_run()
        assert states() == {"tenants-apart": "green"}
    with time_machine.travel(datetime(2030, 7, 1, 0, 1, tzinfo=timezone.get_default_timezone())):
        assert states() == {"tenants-apart": "red"}


def test_a_check_that_cannot_be_run_is_red(says, checks_run, settings):
    says(APART.replace("row-level-security", "transport-encryption"))
    settings.BASE_HOST = None
    checks_run()
    assert states() == {"tenants-apart": "red"}
    assert CheckRun.objects.get(name="transport-encryption").finding == "The check could not be run (TypeError)."


def test_the_application_cannot_rewrite_what_a_check_found(says, checks_run):
    says(APART)
    checks_run()
    for forging in (lambda: CheckRun.objects.update(ok=True), lambda: CheckRun.objects.all().delete()):
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            forging()


def test_a_register_cannot_name_a_check_that_does_not_exist():
    with pytest.raises(Exception, match="all-is-well"):
        read_register(f"{APART.replace('row-level-security', 'all-is-well')}")


CERTIFICATE = '[[certificates]]\nslug = "one"\nstandard = "ISO 27001"\n'


@pytest.mark.promise("certificates-expire-by-themselves")
@pytest.mark.parametrize(
    ("dates", "day", "state"),
    [
        ("planned_for = 2018-12-31", "2018-12-31", "grey"),
        ("planned_for = 2018-12-31", "2019-01-01", "red"),
        ("", "2026-01-01", "grey"),
        ("valid_from = 2025-01-01\nvalid_to = 2027-12-31", "2026-06-01", "green"),
        ("valid_from = 2025-01-01\nvalid_to = 2027-12-31", "2027-12-01", "amber"),
        ("valid_from = 2025-01-01\nvalid_to = 2027-12-31", "2027-12-31", "amber"),
        ("valid_from = 2025-01-01\nvalid_to = 2027-12-31", "2028-01-01", "red"),
        ("valid_from = 2027-01-01\nvalid_to = 2027-12-31", "2026-06-01", "grey"),
        ("report_from = 2024-01-01\nreport_to = 2024-12-31", "2026-03-31", "green"),
        ("report_from = 2024-01-01\nreport_to = 2024-12-31", "2026-04-01", "amber"),
    ],
)
def test_a_certificate_expires_by_itself(says, dates, day, state):
    says(f"{CERTIFICATE}{dates}")
    at = datetime.fromisoformat(f"{day}T12:00:00+00:00")
    assert [badge_of_certificate(one.certificate, at).state.value for one in held_certificates()] == [state]
