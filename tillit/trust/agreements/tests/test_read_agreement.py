"""Everybody reads what is public, in their language, without account or cookie; customers and others what is theirs."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime

import pytest
import time_machine
from django.conf import settings

from tillit.foundation.models import OutgoingMail
from tillit.foundation.testing import run_jobs
from tillit.trust.agreements import queries
from tillit.trust.agreements.actions import answer_request, note_request, request_access
from tillit.trust.agreements.testing import text, texts

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
TODAY = {"valid_from": "2026-11-20"}
DPA = "/trust/agreements/crm-online-dpa/"


@pytest.fixture(autouse=True)
def in_november():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def two_versions(publish):
    """The second one says other words in 1.2, has a new clause, and begins in December."""
    publish(texts(**TODAY))
    changed = {
        code: said.replace("löschen", "vernichten").replace("delete", "destroy").replace("sletter", "makulerer")
        + "\n2.1 X.\n"
        for code, said in texts(version="B", changes="1.2, 2.1").items()
    }
    return publish(changed)


def test_an_agreement_without_text_says_so(seed, public):
    sent = public.get(DPA, {"lang": "de"}).content.decode()
    assert "nicht veröffentlicht" in sent


@pytest.mark.parametrize(("language", "words"), [("de", "24</span> Stunden"), ("en", "24</span> hours")])
def test_everybody_reads_the_version_in_force_in_their_language(two_versions, public, language, words):
    answer = public.get(DPA, {"lang": language})
    sent = answer.content.decode()
    assert words in sent
    assert f'lang="{language}"' in sent
    assert {"de": "Deutsch", "en": "German"}[language] in sent  # which language binds
    assert 'id="1.1"' in sent
    assert 'id="notice"' in sent
    assert not answer.cookies
    assert "<script" not in sent


def test_the_page_says_what_comes_and_the_numbers_lead_to_versions(two_versions, public):
    sent = public.get(DPA).content.decode()
    assert "Version 2 follows on" in sent
    coming = public.get(f"{DPA}2/").content.decode()
    assert "not in force yet" in coming
    assert "destroy" in coming
    with time_machine.travel(two_versions.valid_from, tick=False):
        assert "destroy" in public.get(DPA).content.decode()
        assert "no longer in force" in public.get(f"{DPA}1/").content.decode()
    assert public.get(f"{DPA}3/").status_code == 404
    assert public.get("/trust/agreements/no-such-thing/").status_code == 404


def test_the_download_has_the_hash_that_the_page_shows(two_versions, public):
    shown = re.search(r'class="hash">([0-9a-f]{64})', public.get(f"{DPA}2/", {"lang": "nb"}).content.decode())
    got = public.get(f"{DPA}2/nb.md")
    assert hashlib.sha256(got.content).hexdigest() == shown[1] == two_versions.sha256["nb"]
    assert public.get(f"{DPA}2/fr.md").status_code == 404


def test_programs_read_versions_and_clauses(two_versions, public):
    answer = public.get("/trust/agreements/crm-online-dpa.json")
    told = answer.json()
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert [one["number"] for one in told["versions"]] == [2, 1]
    assert told["in_force"] == 1
    clause = next(one for one in told["clauses"]["en"] if one["name"] == "notice")
    assert clause == {"number": "1.1", "name": "notice", "title": "", "text": "We tell you 30 days before."}


def test_two_versions_stand_beside_each_other_with_changed_words_marked(two_versions, public):
    sent = public.get(f"{DPA}compare/", {"from": 1, "to": 2, "lang": "en"}).content.decode()
    assert "<del>delete</del>" in sent
    assert "<ins>destroy</ins>" in sent
    assert "2 clauses differ" in sent
    assert "Not in this version" in sent
    german = public.get(f"{DPA}compare/", {"lang": "de"}).content.decode()
    assert "<del>löschen</del>" in german
    for asked in ({"from": 1, "to": 9}, {"from": "x" * 9, "to": -1}):
        assert public.get(f"{DPA}compare/", asked).status_code in (200, 404)


def test_only_what_changed_is_compared_until_somebody_asks_for_all(two_versions, public):
    changed = public.get(f"{DPA}compare/", {"lang": "en"}).content.decode()
    everything = public.get(f"{DPA}compare/", {"lang": "en", "all": "1"}).content.decode()
    assert 'class="pair same"' not in changed
    assert "?lang=en&amp;all=1" in changed
    assert 'class="pair same"' in everything
    assert 'href="?lang=en"' in everything


def test_one_version_alone_is_not_compared(publish, public):
    publish(texts(**TODAY))
    assert public.get(f"{DPA}compare/").status_code == 404


def test_a_page_needs_few_queries(two_versions, public, django_assert_max_num_queries):
    public.get(DPA)
    for page in (DPA, f"{DPA}compare/", "/trust/agreements/crm-online-dpa.json"):
        with django_assert_max_num_queries(14):
            public.get(page)


def test_what_is_for_customers_is_read_by_members_only(in_force, publish, public, mia, ben, chiara):
    in_force('slug = "crm-online-dpa"', 'slug = "crm-online-dpa"\naudience = "customers"')
    publish(texts(**TODAY))
    sent = public.get(DPA).content.decode()
    assert "for customers" in sent
    assert "We delete after" not in sent
    assert public.get(f"{DPA}1/en.md").status_code == 404
    assert public.get("/trust/agreements/crm-online-dpa.json").json()["clauses"] is None
    for person in (mia, ben, chiara):
        assert "We delete after" in person.get("/agreements/crm-online-dpa/").content.decode()
    assert public.get("/agreements/crm-online-dpa/").status_code == 302


@pytest.fixture
def secret(in_force, publish):
    in_force('slug = "crm-online-dpa"', 'slug = "crm-online-dpa"\naudience = "on-request"')
    return publish(texts(**TODAY))


def test_what_is_given_on_request_is_read_after_the_operator_has_given_it(secret, public, anna, mia, chiara, operator):
    assert "We delete after" not in public.get(DPA).content.decode()
    assert anna.get("/agreements/crm-online-dpa/").status_code == 404
    said = {"name": "Anna Lund", "reason": "Audit", "secret": "on"}
    assert mia.post("/agreements/crm-online-dpa/ask/", said).status_code == 403
    assert anna.post("/agreements/crm-online-dpa/ask/", said | {"secret": ""}).status_code == 422
    assert anna.post("/agreements/crm-online-dpa/ask/", said).status_code == 302
    listed = operator.get("/operator/agreements/requests/").content.decode()
    assert "Anna Lund" in listed
    address = re.search(r"/operator/agreements/requests/\d+", listed)[0]
    assert anna.post(address, {"grant": "1", "days": "30"}).status_code == 403
    operator.post(address, {"grant": "1", "days": "30"})
    for person in (anna, mia):
        assert "We delete after" in person.get("/agreements/crm-online-dpa/").content.decode()
    assert chiara.get("/agreements/crm-online-dpa/").status_code == 404
    with time_machine.travel(datetime(2026, 12, 21, tzinfo=UTC), tick=False):
        anna.force_login(anna.user, backend=settings.AUTHENTICATION_BACKENDS[0])
        assert anna.get("/agreements/crm-online-dpa/").status_code == 404


def test_what_is_given_on_request_waits_only_for_those_who_were_given_it(secret, anna, chiara, operator):
    assert queries.waiting(anna.tenant) == queries.waiting(chiara.tenant) == []
    asked = request_access(anna.actor, agreement="crm-online-dpa", name="Anna Lund")
    answer_request(operator.actor, request=asked, granted=True)
    assert queries.waiting(anna.tenant) == [secret]
    assert queries.waiting(chiara.tenant) == []


def test_a_declined_request_opens_nothing(secret, anna, operator):
    asked = request_access(anna.actor, agreement="crm-online-dpa", name="Anna Lund")
    answer_request(operator.actor, request=asked, granted=False)
    assert anna.get("/agreements/crm-online-dpa/").status_code == 404


def test_who_asked_by_mail_reads_by_a_link_as_long_as_it_holds(secret, public, operator):
    said = {"agreement": "crm-online-dpa", "name": "Kari Revisor", "email": "kari@revisor.example", "secret": "on"}
    assert operator.post("/operator/agreements/requests/", said).status_code == 302
    listed = operator.get("/operator/agreements/requests/").content.decode()
    address = re.search(r"/operator/agreements/requests/\d+", listed)[0]
    operator.post(address, {"grant": "1", "days": "5"})
    run_jobs()
    mail = OutgoingMail.objects.get(to="kari@revisor.example")
    link = re.search(rb"/trust/agreements/given/[^\s]+", bytes(mail.message).replace(b"=\n", b""))[0].decode()
    answer = public.get(link)
    assert "We delete after" in answer.content.decode()
    assert "no-store" in answer.headers["Cache-Control"]
    assert not answer.cookies
    assert public.get(link[:-3] + "xx/").status_code == 404
    with time_machine.travel(datetime(2026, 11, 26, tzinfo=UTC), tick=False):
        assert public.get(link).status_code == 410


def test_a_request_is_answered_once(secret, operator):
    asked = note_request(operator.actor, agreement="crm-online-dpa", name="Kari", email="kari@revisor.example")
    answer_request(operator.actor, request=asked, granted=False)
    operator.post(f"/operator/agreements/requests/{asked.pk}", {"grant": "1", "days": "5"})
    assert "declined" in operator.get("/operator/agreements/requests/").content.decode()


def test_markup_in_a_text_stays_text(publish, public):
    with pytest.raises(Exception, match="problem"):
        publish({"de": text("de").replace("Ende", "<img src=x onerror=alert(1)>")})
