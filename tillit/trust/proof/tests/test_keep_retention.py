"""What the register says about keeping is what the purge does, and a marked record proves it."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.mail import EmailMessage
from django.db import ProgrammingError, transaction
from django.utils import timezone

from tillit.foundation.checks import Undecided, perform
from tillit.foundation.holdings import holding, known_holdings
from tillit.foundation.models import OutgoingMail
from tillit.foundation.testing import happened, run_jobs
from tillit.trust.proof.models.checks import Canary, CheckRun
from tillit.trust.proof.queries.checks import kept_rules
from tillit.trust.queries import retention_hours
from tillit.trust.register import read_register

NOON = datetime(2030, 3, 4, 12, 7, tzinfo=UTC)
MAIL = """
[[retention]]
slug = "sent-mail"
holding = "outgoing-mail"
hours = 24
text.en = "Mail is kept for a day, to send it again."
"""


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as travelling:
        yield travelling


@pytest.fixture
def letter(clock):
    """A real message, queued at noon."""
    EmailMessage("Hello", "Somebody wrote this.\n", to=["somebody@elsewhere.example"]).send()
    return lambda: OutgoingMail.objects.filter(subject="Hello").exists()


def state():
    return {kept.holding: kept.badge.state.value for kept in kept_rules() if kept.rule}


@pytest.mark.promise("bulk-mail-is-kept-24-hours")
def test_mail_is_deleted_after_the_hours_of_the_register(says, purge_runs, clock, letter):
    says(MAIL)
    clock.shift(timedelta(hours=24))
    purge_runs()
    assert letter(), "it is just 24 hours old"
    clock.shift(timedelta(hours=1))
    purge_runs()
    assert not letter()


def test_the_purge_follows_the_register_when_it_changes(says, purge_runs, clock, letter):
    says(MAIL)
    says(MAIL.replace("24", "48"))
    assert retention_hours("outgoing-mail") == 48
    clock.shift(timedelta(hours=25))
    purge_runs()
    assert letter()
    clock.shift(timedelta(hours=24))
    purge_runs()
    assert not letter()


def test_what_no_rule_speaks_of_is_kept_and_said_so(says, purge_runs, clock, letter):
    says("")
    clock.shift(timedelta(days=4000))
    purge_runs()
    assert letter()
    assert {kept.holding for kept in kept_rules() if kept.rule is None} == set(known_holdings())


def test_a_marked_mail_is_planted_used_deleted_and_planted_again(says, purge_runs, clock):
    says(MAIL)
    purge_runs()
    first = Canary.objects.get()
    mail = OutgoingMail.objects.get(pk=first.key)
    assert mail.to == "retention-canary@canary.invalid", "nobody can ever get it"
    assert (first.planted_at, first.used_at, first.gone_at) == (NOON, NOON, None)
    assert state() == {"outgoing-mail": "grey"}
    clock.shift(timedelta(hours=25))
    purge_runs()
    first.refresh_from_db()
    assert first.gone_at == NOON + timedelta(hours=25)
    assert not OutgoingMail.objects.filter(pk=first.key).exists()
    assert Canary.objects.filter(gone_at=None).count() == 1
    assert state() == {"outgoing-mail": "green"}
    assert perform("mail-purge").ok
    assert perform("retention").ok


def test_a_marked_mail_that_outlives_its_hours_is_red(says, purge_runs, clock):
    says(MAIL)
    purge_runs()
    with pytest.raises(Undecided):
        perform("mail-purge")
    clock.shift(timedelta(hours=25, minutes=16))
    assert state() == {"outgoing-mail": "red"}, "the purge has not run"
    found = perform("mail-purge")
    assert not found.ok
    assert found.figures == {"holdings": "outgoing-mail"}
    purge_runs()
    assert state() == {"outgoing-mail": "red"}, "it was deleted, but too late"
    clock.shift(timedelta(hours=25))
    purge_runs()
    assert state() == {"outgoing-mail": "green"}


def test_a_check_that_cannot_say_yet_takes_its_no_back(says, checks_run, purge_runs, clock):
    says("")
    checks_run()
    assert CheckRun.objects.newest_of(["mail-purge"])["mail-purge"].ok is False, "no rule at all"
    says(MAIL)
    purge_runs()
    for _round in range(2):
        clock.shift(timedelta(minutes=5))
        checks_run()
    assert [run.ok for run in CheckRun.objects.filter(name="mail-purge").order_by("id")] == [False, None]
    clock.shift(timedelta(hours=25))
    purge_runs()
    checks_run()
    assert CheckRun.objects.newest_of(["mail-purge"])["mail-purge"].ok is True
    assert happened("proof.check_recovered")


def test_a_rule_that_grew_does_not_make_its_canary_late(says, purge_runs, clock):
    says(MAIL)
    purge_runs()
    says(MAIL.replace("24", "48"))
    purge_runs()
    clock.shift(timedelta(hours=30))
    assert state() == {"outgoing-mail": "grey"}
    clock.shift(timedelta(hours=19))
    purge_runs()
    assert state() == {"outgoing-mail": "green"}


def test_a_proof_gets_old_when_the_purge_no_longer_runs(says, purge_runs, clock):
    says(MAIL)
    purge_runs()
    clock.shift(timedelta(hours=25))
    purge_runs()
    Canary.objects.filter(gone_at=None).delete()
    clock.shift(timedelta(hours=27))
    assert state() == {"outgoing-mail": "grey"}


def test_a_rule_that_is_taken_back_is_followed_no_longer(says, purge_runs, clock):
    says(MAIL)
    purge_runs()
    says("")
    purge_runs()
    assert not Canary.objects.exists()
    clock.shift(timedelta(days=10))
    says(MAIL)
    purge_runs()
    assert state() == {"outgoing-mail": "grey"}, "not late: nothing had to delete it meanwhile"


def test_a_rule_for_something_unknown_is_refused():
    with pytest.raises(Exception, match="everything"):
        read_register(MAIL.replace("outgoing-mail", "everything"))


def test_a_marked_mail_goes_every_way_but_the_last(says, purge_runs, settings):
    """With a relay it is delivered by the same job, up to the relay's door."""
    settings.SMTP_URL = "smtp://nobody.example:25"
    says(MAIL)
    purge_runs()
    run_jobs()
    mail = OutgoingMail.objects.get(pk=Canary.objects.get().key)
    assert mail.sent_at <= timezone.now()
    assert bytes(mail.message) == b""


def test_what_is_kept_for_long_is_proven_when_its_time_has_come(says, purge_runs, checks_run, clock):
    """Decisions of the broker and runs of checks, which the application itself may not delete."""
    long = [
        f'[[retention]]\nslug = "{name}"\nholding = "{name}"\nhours = 9600\ntext.en = "Kept for 400 days."\n'
        for name in ("broker-decisions", "check-runs")
    ]
    clock.move_to(datetime(2023, 3, 4, 12, 7, tzinfo=UTC))  # the database deletes what is old by its own clock
    says(MAIL + "".join(long))
    purge_runs()
    checks_run()
    clock.shift(timedelta(hours=25))
    purge_runs()
    assert state() == {"outgoing-mail": "green", "broker-decisions": "grey", "check-runs": "grey"}
    assert perform("retention").figures == {"hours": 24}, "what had no time to be proven does not hide the rest"
    clock.shift(timedelta(days=399))
    purge_runs()
    assert (state()["broker-decisions"], state()["check-runs"]) == ("green", "green")


def test_of_each_check_the_newest_answer_stays(db):
    def ran(days, ok, name="ledger"):
        at = timezone.now() - timedelta(days=days)
        return CheckRun.objects.create(name=name, at=at, ok=ok, message=f"{days} days ago", milliseconds=1)

    made = [
        ran(50, True),
        ran(45, False),
        ran(40, None),
        ran(39, None),
        ran(20, True, "backup"),
        ran(31, True, "backup"),
    ]
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        CheckRun.objects.all().delete()
    assert holding("check-runs").purge(timezone.now()) == 3
    kept = CheckRun.objects.order_by("at").values_list("message", flat=True)
    assert list(kept) == ["45 days ago", "39 days ago", "20 days ago"]
    assert CheckRun.objects.newest_of(["ledger"])["ledger"] == made[3]
    assert holding("check-runs").purge(timezone.now()) == 0, "what is younger than 30 days stays, whatever is asked"
