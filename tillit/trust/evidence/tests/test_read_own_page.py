"""A customer reads «My trust page»: what the cloud says, and what really happened, for it alone."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils.timezone import now

from tillit.foundation.tenancy import in_tenant
from tillit.trust.actions.objections import raise_objection
from tillit.trust.broker.models import Flow
from tillit.trust.tests.conftest import NEW

START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.fixture
def announced(linked, in_force, linked_text):
    in_force(linked_text + NEW)


def page_of(person, path="/my-trust/", **asked):
    answer = person.get(path, asked)
    assert answer.status_code == 200
    return answer.content.decode()


def test_every_member_sees_where_its_data_lies(linked, anna, mia, ben):
    for person in (anna, mia, ben):
        sent = page_of(person)
        assert "Our own server (Norway)" in sent
        assert "Wave A (first)" in sent
        assert "tillit.test" in sent


def test_nobody_else_sees_it(linked, public, anna, operator):
    assert public.get("/my-trust/").status_code == 302
    assert operator.get("/my-trust/").status_code == 403


def test_declared_processors_stand_beside_what_was_observed(linked, anna, chiara):
    with in_tenant(anna.tenant):
        Flow.objects.create(
            tenant=anna.tenant, day=now().date(), processor="nordrack", purpose="mail", host="x.example", port=465,
            contacts=3, bytes_out=2_000_000, bytes_in=10, last_at=datetime(2026, 3, 1, 12, tzinfo=UTC),
        )  # fmt: skip
    sent = page_of(anna)
    assert "Sending mail" in sent
    assert "1 Mar 2026" in sent
    assert "1 to 100 MB" in sent
    other = page_of(chiara)
    assert "1 to 100 MB" not in other
    assert "not reached by this service" in other


def test_an_announced_processor_is_shown_with_its_day_and_the_way_to_object(announced, anna, ben):
    sent = page_of(anna)
    part = sent[sent.index('id="announced-title"') :]
    assert "Nordpost AS" in part
    assert 'href="/my-trust/processors/nordpost/"' in part
    assert "Read and object" in part
    assert "Read and object" not in page_of(ben)


def test_an_objection_is_shown_to_who_raised_it_and_to_nobody_else(announced, anna, chiara):
    raise_objection(anna.actor, processor="nordpost", reason="Our mail stays with us.")
    assert "Our mail stays with us." in page_of(anna)
    assert "you object" in page_of(anna)
    assert "Our mail stays with us." not in page_of(chiara)


def test_while_it_objects_the_page_names_what_rests(in_force, linked_text, anna, time_machine):
    time_machine.move_to(START)
    in_force(linked_text)
    in_force(linked_text + NEW)
    raise_objection(anna.actor, processor="nordpost")
    time_machine.move_to(START + timedelta(days=31))
    assert "Rests:" in page_of(anna)


def test_the_page_speaks_german_and_norwegian(linked, anna):
    assert "Wo Ihre Daten liegen" in page_of(anna, lang="de")
    assert "Hvor dataene deres ligger" in page_of(anna, lang="nb")


def test_an_empty_register_is_said(operator_tenant, anna):
    sent = page_of(anna)
    assert "No processor is in force." in sent
    assert "The register does not describe this region." in sent


def test_the_next_windows_are_shown(seed, anna):
    assert 'id="windows-title"' in page_of(anna)


def test_the_record_of_processing_names_processor_and_controller(linked, anna):
    record = anna.get("/my-trust/gdpr/record.json").json()
    facts = dict(record["parts"][0]["facts"])
    assert facts["Controller"] == "Fjordlys AS (invented)"
    assert facts["Processor"] == "Tillit Drift AS"
    assert [part["key"] for part in record["parts"]] == ["a", "b", "c", "d"]


def test_the_record_as_a_table_holds_no_formula(linked, in_force, linked_text, anna):
    anna.tenant.name = "=HYPERLINK(1)"
    anna.tenant.save()
    sent = anna.get("/my-trust/gdpr/record.csv").content.decode("utf-8-sig")
    assert "'=HYPERLINK(1)" in sent


def test_only_administrators_take_files_along(linked, anna, mia):
    for path in ("gdpr/record.json", "gdpr/record.csv", "dora/register/"):
        assert anna.get(f"/my-trust/{path}").status_code == 200
        assert mia.get(f"/my-trust/{path}").status_code == 403


def test_a_transfer_to_a_third_country_stands_in_the_record(seed, anna):
    sent = page_of(anna, "/my-trust/gdpr/")
    part = sent[sent.index("Transfers to third countries") :]
    assert "Mailgun Inc." in part
    assert "United States" in part


def test_words_for_the_own_record_can_be_copied(linked, anna):
    sent = page_of(anna, "/my-trust/gdpr/")
    assert "Nordrack AS (Hosting provider)" in sent[sent.index('id="own-record"') :]


@pytest.mark.parametrize("path", ["/my-trust/", "/my-trust/dora/", "/my-trust/gdpr/", "/my-trust/annexes/"])
def test_a_customers_page_needs_few_queries(seed, anna, path, django_assert_max_num_queries):
    anna.get(path)
    with django_assert_max_num_queries(32):
        assert anna.get(path).status_code == 200
