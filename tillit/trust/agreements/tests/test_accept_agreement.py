"""Administrators accept agreements for their company; what they accepted, and who did it, is kept."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction

from tillit.foundation.errors import Refused
from tillit.foundation.models import Tenant
from tillit.foundation.tenancy import in_tenant
from tillit.foundation.testing import happened
from tillit.trust.agreements import queries
from tillit.trust.agreements.actions import Authority, accept_agreement
from tillit.trust.agreements.models import Acceptance
from tillit.trust.agreements.testing import texts

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ACCEPT = "/agreements/crm-online-dpa/accept/"
ANNA = Authority("Anna Lund", "Managing director")


@pytest.fixture(autouse=True)
def in_november():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def first(publish):
    return publish(texts(valid_from="2026-11-20"))


@pytest.fixture
def second(first, publish):
    """Publishes a second version; whether it asks for acceptance is told."""

    def next_version(*, asks):
        changed = {
            code: said.replace("löschen", "vernichten").replace("delete", "destroy").replace("sletter", "makulerer")
            for code, said in texts(version="B", asks=asks, changes="1.2").items()
        }
        return publish(changed)

    return next_version


def typed(person, **changes):
    """What the form on the page would send."""
    sent = person.get(ACCEPT).content.decode()
    hidden = dict(re.findall(r'<input type="hidden" name="(language|sha256)" value="([^"]*)"', sent))
    return hidden | {"name": "Anna Lund", "function": "Managing director", "agreed": "on"} | changes


def accept(person, version):
    given = {"version": version, "language": "en", "sha256": version.sha256["en"], "authority": ANNA}
    return accept_agreement(person.actor, **given)


def test_an_administrator_accepts_what_is_on_the_page(first, anna):
    assert anna.post(ACCEPT, typed(anna)).status_code == 302
    with in_tenant(anna.tenant):
        kept = Acceptance.objects.get()
    assert (kept.version, kept.language, kept.sha256) == (first, "en", first.sha256["en"])
    assert (kept.by, kept.name, kept.function, kept.at) == (anna.user, "Anna Lund", "Managing director", NOW)
    assert happened("agreements.accepted")


@pytest.mark.parametrize("who", ["mia", "ben", "operator"])
def test_nobody_else_accepts(first, who, request):
    person = request.getfixturevalue(who)
    assert person.get(ACCEPT).status_code == 403
    with pytest.raises(PermissionDenied):
        accept(person, first)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"agreed": ""}, "required"),
        ({"name": " "}, "required"),
        ({"function": ""}, "required"),
        ({"sha256": "0" * 64}, "has changed since you opened it"),
        ({"language": "fr"}, "has changed since you opened it"),
    ],
)
def test_without_consent_authority_or_the_right_text_nothing_is_accepted(first, anna, changes, told):
    answer = anna.post(ACCEPT, typed(anna, **changes))
    assert answer.status_code == 422
    assert told in answer.content.decode()
    with in_tenant(anna.tenant):
        assert not Acceptance.objects.exists()


def test_a_version_is_accepted_once_and_an_old_one_no_longer(first, second, anna):
    accept(anna, first)
    with pytest.raises(Refused, match="already accepted"):
        accept(anna, first)
    newer = second(asks="true")
    with time_machine.travel(newer.valid_from, tick=False), pytest.raises(Refused, match="newer version"):
        accept(anna, first)


def test_what_only_informs_is_not_accepted(publish, anna):
    version = publish(texts(valid_from="2026-11-20", asks="false"))
    with pytest.raises(Refused, match="informs"):
        accept(anna, version)
    assert "waits for you" not in anna.get("/").content.decode()


def test_an_acceptance_cannot_be_changed_or_seen_by_others(first, anna, chiara, operator):
    accept(anna, first)
    with in_tenant(anna.tenant):
        for change in (lambda rows: rows.update(name="X"), lambda rows: rows.delete()):
            with pytest.raises(DatabaseError), transaction.atomic():
                change(Acceptance.objects.all())
    with in_tenant(chiara.tenant):
        assert not Acceptance.objects.exists()
    assert "Anna Lund" not in chiara.get("/agreements/").content.decode()
    assert "Anna Lund" in operator.get("/operator/agreements/acceptances/").content.decode()
    assert anna.get("/operator/agreements/acceptances/").status_code == 403


def test_a_line_tells_administrators_what_waits_until_it_is_accepted(first, anna, mia, chiara):
    assert "waits for you" in anna.get("/agreements/").content.decode()
    assert "waits for you" not in mia.get("/agreements/").content.decode()
    anna.post(ACCEPT, typed(anna))
    assert "waits for you" not in anna.get("/agreements/").content.decode()
    assert "wartet auf Sie" in chiara.get("/agreements/", {"lang": "de"}).content.decode()


def test_a_version_that_asks_waits_again_and_shows_what_changed(first, second, anna):
    accept(anna, first)
    second(asks="true")
    assert "waits for you" in anna.get("/agreements/").content.decode()
    sent = anna.get(ACCEPT).content.decode()
    assert "<del>delete</del>" in sent
    assert "<ins>destroy</ins>" in sent
    assert "1 clause differs from what you accepted" in sent
    assert "We tell you" not in sent  # unchanged clauses stay out of the way
    anna.post(ACCEPT, typed(anna))
    assert "waits for you" not in anna.get("/agreements/").content.decode()
    assert "2 of" not in anna.get(ACCEPT, follow=True).content.decode()


def test_a_version_that_does_not_ask_is_carried_by_the_acceptance_before(first, second, anna, chiara):
    accept(anna, first)
    newer = second(asks="false")
    assert "waits for you" not in anna.get("/agreements/").content.decode()
    with time_machine.travel(newer.valid_from, tick=False):
        with in_tenant(chiara.tenant):  # who has accepted nothing accepts what is in force now
            assert queries.standing("crm-online-dpa").to_accept == newer
        with in_tenant(anna.tenant):
            assert queries.standing("crm-online-dpa").asked is None


def test_a_customer_takes_its_acceptances_along(first, anna, chiara, operator):
    accept_agreement(
        anna.actor, version=first, language="en", sha256=first.sha256["en"], authority=Authority("=1+1", "Owner")
    )
    mine = anna.get("/agreements/acceptances.csv").content.decode()
    assert first.sha256["en"] in mine
    assert ",'=1+1," in mine
    assert first.sha256["en"] not in chiara.get("/agreements/acceptances.csv").content.decode()
    assert "fjordlys,crm-online-dpa" in operator.get("/operator/agreements/acceptances.csv").content.decode()


def test_who_has_not_answered_is_named_to_the_operator(first, anna, chiara, operator):
    accept(anna, first)
    sent = operator.get("/operator/agreements/acceptances/").content.decode()
    waiting = re.search(r"is not accepted yet by:</?.*?</p>|is not accepted yet by:.*?</p>", sent, re.DOTALL)[0]
    assert "Alpenrose" in waiting
    assert "Fjordlys" not in waiting


def test_it_is_accepted_even_while_the_tenant_may_only_be_read(first, anna):
    anna.tenant.state = Tenant.State.READ_ONLY
    anna.tenant.save(update_fields=["state"])
    assert accept(anna, first).version == first


def test_the_line_on_every_page_costs_one_question(first, anna, django_assert_num_queries):
    with in_tenant(anna.tenant), django_assert_num_queries(1):
        assert queries.waiting(anna.tenant) == [first]


def test_pages_need_few_queries(first, second, anna, operator, django_assert_max_num_queries):
    accept(anna, first)
    second(asks="true")
    for person, page in [
        (anna, "/agreements/"),
        (anna, "/agreements/crm-online-dpa/"),
        (anna, "/agreements/crm-online-dpa/1/2/"),
        (anna, ACCEPT),
        (operator, "/operator/agreements/"),
        (operator, "/operator/agreements/crm-online-dpa/"),
        (operator, "/operator/agreements/acceptances/"),
    ]:
        person.get(page)
        with django_assert_max_num_queries(32):
            assert person.get(page).status_code == 200
