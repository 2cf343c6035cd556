"""A new or moved processor waits for the days that customers were promised; a shorter notice is refused."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied

from tillit.foundation.errors import Refused
from tillit.foundation.testing import happened
from tillit.trust.actions.objections import raise_objection, terminate_instead, withdraw_objection
from tillit.trust.models import Processor, Revision
from tillit.trust.problems import RegisterRefused
from tillit.trust.queries import routes
from tillit.trust.tests.conftest import NEW

START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
DUE = START + timedelta(days=30)
SECOND = timedelta(seconds=1)


@pytest.fixture
def clock():
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


@pytest.fixture
def announced(clock, seed, in_force, seed_text):
    in_force(seed_text + NEW)
    return Processor.objects.get(slug="nordpost")


def hosts(at=None):
    return {route.host for route in routes() if not route.open_for(None, at or datetime.now(UTC))}


def test_the_first_register_holds_at_once(clock, in_force, seed_text):
    in_force(seed_text + NEW)
    assert "smtp.nordpost.example" in hosts()


@pytest.mark.promise("sub-processors-are-approved-before-use")
def test_a_new_processor_waits_to_the_second(announced, clock):
    assert announced.in_force_at == DUE
    assert happened("trust.entry_announced")
    clock.move_to(DUE - SECOND)
    assert announced.stage() == "announced"
    assert "smtp.nordpost.example" not in hosts()
    clock.move_to(DUE)
    assert announced.stage() == "in-force"
    assert "smtp.nordpost.example" in hosts()


@pytest.mark.parametrize(
    ("said", "instead", "waits"),
    [
        ('name = "Visma ITC"', 'name = "Visma IT AS"', False),
        ('type.en = "Hosting provider"', 'type.en = "Host"', False),
        ('processing_countries = ["NL", "IE"]', 'processing_countries = ["NL"]', False),
        ('processing_countries = ["NL", "IE"]', 'processing_countries = ["NL", "IE", "DE"]', True),
        ('role = "documents"\nseat_country = "US"', 'role = "documents"\nseat_country = "IE"', True),
    ],
)
def test_only_what_reaches_further_waits(clock, seed, in_force, seed_text, said, instead, waits):
    assert said in seed_text
    in_force(seed_text.replace(said, instead, 1))
    assert Processor.objects.announced().exists() is waits


def test_while_a_move_is_announced_the_old_version_still_holds(clock, seed, in_force, seed_text):
    in_force(seed_text.replace('["NL", "IE"]', '["NL", "SE"]'))
    assert Processor.objects.in_force().get(slug="microsoft-azure").processing_countries == ["NL", "IE"]
    clock.move_to(DUE)
    assert Processor.objects.in_force().get(slug="microsoft-azure").processing_countries == ["NL", "SE"]
    assert Processor.objects.filter(slug="microsoft-azure").count() == 2


def test_a_route_that_opened_today_stays_open_while_its_move_is_announced(announced, clock, in_force, seed_text):
    clock.move_to(DUE + timedelta(hours=1))
    in_force(seed_text + NEW.replace('["NO"]', '["NO", "SE"]'))
    assert "smtp.nordpost.example" in hosts()
    clock.shift(timedelta(days=30))
    assert "smtp.nordpost.example" in hosts()


def test_taking_an_announcement_back_leaves_the_old_version_in_force(clock, seed, in_force, seed_text):
    in_force(seed_text.replace('["NL", "IE"]', '["NL", "SE"]'))
    clock.shift(timedelta(days=3))
    in_force(seed_text)
    clock.move_to(DUE + timedelta(days=1))
    assert Processor.objects.in_force().get(slug="microsoft-azure").processing_countries == ["NL", "IE"]
    assert [row.stage() for row in Processor.objects.filter(slug="microsoft-azure")] == ["in-force", "ended"]


def test_a_smaller_word_does_not_begin_the_notice_anew_and_a_larger_one_does(announced, clock, in_force, seed_text):
    clock.shift(timedelta(days=10))
    in_force(seed_text + NEW.replace("Sends mail.", "Sends our mail."))
    assert Processor.objects.said().get(slug="nordpost").in_force_at == DUE
    in_force(seed_text + NEW.replace('["NO"]', '["NO", "SE"]'))
    assert Processor.objects.said().get(slug="nordpost").in_force_at == DUE + timedelta(days=10)


@pytest.mark.parametrize(
    ("said", "blank", "instead"),
    [
        ('legal_entity = "Nordpost AS"', "", 'legal_entity = "Overseas Inc"'),
        ('lei = "5493001KJTIIGC8Y1R12"', "", 'lei = "529900T8BM49AURSDO55"'),
        ('seat_country = "NO"', 'seat.en = "The north"', 'seat_country = "US"'),
    ],
)
def test_another_company_does_not_slip_in_by_a_blank(clock, in_force, seed_text, said, blank, instead):
    entry = NEW if said in NEW else NEW.replace('role = "mail"', f'role = "mail"\n{said}')
    in_force(seed_text + entry)
    in_force(seed_text + entry.replace(said, blank))
    clock.shift(timedelta(days=29))
    in_force(seed_text + entry.replace(said, instead))
    assert Processor.objects.said().get(slug="nordpost").in_force_at == DUE + timedelta(days=29)


def test_a_processor_that_goes_is_shut_at_once(announced, clock, in_force, seed_text):
    clock.move_to(DUE)
    in_force(seed_text)
    assert "smtp.nordpost.example" not in hosts()
    assert happened("trust.entry_ended")


def test_a_clock_set_back_opens_no_route_early(announced, clock, in_force, seed_text):
    clock.move_to(START - timedelta(days=20))
    in_force(seed_text + NEW.replace("nordpost", "sydpost"))
    assert Processor.objects.get(slug="sydpost").in_force_at == DUE
    clock.move_to(DUE)
    clock.move_to(DUE - SECOND)
    assert "smtp.nordpost.example" not in hosts()


def test_a_shortened_notice_is_refused_with_its_line(clock, seed, in_force, seed_text):
    shorter = seed_text.replace("processor_notice_days = 30", "processor_notice_days = 14")
    with pytest.raises(RegisterRefused) as refused:
        in_force(shorter)
    (problem,) = refused.value.located(shorter).problems
    assert problem.path == "promises.processor_notice_days"
    assert problem.line == shorter.splitlines().index("processor_notice_days = 14") + 1
    assert "a promise is not shortened" in problem.sentence


def test_an_agreement_may_promise_a_longer_notice(clock, seed, in_force, seed_text):
    longer = seed_text.replace('slug = "crm-online-dpa"\n', 'slug = "crm-online-dpa"\nnotice_days = 60\n')
    in_force(longer + NEW)
    assert Processor.objects.get(slug="nordpost").in_force_at == START + timedelta(days=60)


def test_the_notice_of_an_agreement_is_not_shortened_either(clock, in_force, seed_text):
    first = next(line for line in seed_text.split("[[agreements]]")[1].splitlines() if line.startswith("slug"))
    longer = seed_text.replace(first, f"{first}\nnotice_days = 60", 1)
    in_force(longer)
    for shorter in (seed_text, longer.replace("notice_days = 60", "notice_days = 45")):
        with pytest.raises(RegisterRefused, match="a promise is not shortened"):
            in_force(shorter)
    without = seed_text.replace("[[agreements]]" + seed_text.split("[[agreements]]")[1], "", 1)
    in_force(without)
    in_force(without + NEW)
    assert Processor.objects.get(slug="nordpost").in_force_at == START + timedelta(days=60)
    clock.shift(timedelta(days=60))
    in_force(without + NEW + NEW.replace("nordpost", "sydpost"))
    assert Processor.objects.get(slug="sydpost").in_force_at == START + timedelta(days=90)


def test_a_day_may_be_named_after_the_notice_and_not_before(clock, seed, in_force, seed_text):
    with pytest.raises(RegisterRefused) as refused:
        in_force(seed_text + NEW.replace('role = "mail"', 'role = "mail"\nin_force_from = 2026-03-20'))
    assert refused.value.problems[0].path == "processors[nordpost].in_force_from"
    assert Revision.objects.count() == 1
    in_force(seed_text + NEW.replace('role = "mail"', 'role = "mail"\nin_force_from = 2026-06-01'))
    assert Processor.objects.get(slug="nordpost").in_force_at == datetime(2026, 6, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ('"smtps://smtp.nordpost.example"', '"ftp://nordpost.example"', "processors[nordpost].reached_at[1]"),
        ('purposes = ["mail"]\n', "", "processors[nordpost].purposes"),
        ('purposes = ["mail"]', 'purposes = ["mial"]', "processors[nordpost].purposes[1]"),
        ('role = "mail"', 'role = "mail"\nlei = "529900T8BM49AURSDO56"', "processors[nordpost].lei"),
        ('role = "mail"', 'role = "mail"\nparent = "nobody"', "processors[nordpost].parent"),
        ('role = "mail"', 'role = "mail"\ntransfer_basis = "scc"', "processors[nordpost].transfer_document"),
        (NEW, NEW + NEW.replace('"nordpost"', '"sydpost"'), "processors[sydpost].reached_at"),
    ],
)
def test_a_processor_that_contradicts_itself_is_refused(clock, seed, in_force, seed_text, old, new, path):
    with pytest.raises(RegisterRefused) as refused:
        in_force(seed_text + NEW.replace(old, new))
    assert path in [problem.path for problem in refused.value.problems]
    assert all(problem.line for problem in refused.value.problems)


def test_certificates_do_not_end_before_they_begin(clock, seed, in_force, seed_text):
    backward = (
        '\n[[certificates]]\nslug = "iso"\nstandard = "ISO/IEC 27001"\nvalid_from = 2026-02-01\nvalid_to = 2025-02-01\n'
    )
    with pytest.raises(RegisterRefused) as refused:
        in_force(seed_text + backward)
    assert refused.value.problems[0].path == "certificates[iso].valid_to"


def test_one_holding_has_one_retention_rule(clock, seed, in_force, seed_text):
    second = '\n[[retention]]\nslug = "again"\nholding = "outgoing-mail"\nhours = 2\ntext.en = "Mail."\n'
    with pytest.raises(RegisterRefused) as refused:
        in_force(seed_text + second)
    assert refused.value.problems[0].path == "retention[again].holding"


def test_an_objection_keeps_the_route_shut_for_one_customer(announced, anna, chiara, clock):
    raise_objection(anna.actor, processor="nordpost", reason="Not in our sector.")
    clock.move_to(DUE)
    (route,) = [route for route in routes() if route.processor == "nordpost"]
    assert route.open_for(anna.tenant.pk, DUE) == "objection"
    assert route.open_for(chiara.tenant.pk, DUE) == ""


def test_a_withdrawn_objection_opens_and_a_termination_does_not(announced, anna, chiara, clock):
    with_drawn = raise_objection(anna.actor, processor="nordpost")
    terminated = raise_objection(chiara.actor, processor="nordpost")
    withdraw_objection(anna.actor, objection=with_drawn)
    terminate_instead(chiara.actor, objection=terminated)
    clock.move_to(DUE)
    (route,) = [route for route in routes() if route.processor == "nordpost"]
    assert route.shut_for == {chiara.tenant.pk}
    with pytest.raises(Refused):
        withdraw_objection(chiara.actor, objection=terminated)


def test_nobody_objects_twice_or_too_late_or_without_the_right(announced, anna, ben, clock):
    raise_objection(anna.actor, processor="nordpost")
    with pytest.raises(Refused, match="already"):
        raise_objection(anna.actor, processor="nordpost")
    with pytest.raises(PermissionDenied):
        raise_objection(ben.actor, processor="nordpost")
    clock.move_to(DUE)
    with pytest.raises(Refused, match="comes into force"):
        raise_objection(anna.actor, processor="nordpost")
