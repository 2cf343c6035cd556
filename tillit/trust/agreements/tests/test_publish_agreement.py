"""The operator publishes versions of agreements; nobody else does, and nothing that has problems."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction

from tillit.foundation.checks import perform
from tillit.foundation.errors import Refused
from tillit.foundation.models import Event
from tillit.foundation.tenancy import in_tenant
from tillit.foundation.testing import happened
from tillit.trust.agreements import queries
from tillit.trust.agreements.actions import TextsRefused, draft_agreement, publish_agreement, withdraw_draft
from tillit.trust.agreements.models import AgreementVersion, Draft
from tillit.trust.agreements.publishing import version as published
from tillit.trust.agreements.testing import text, texts

BEFORE = datetime(2026, 11, 20, 12, tzinfo=UTC)
DPA = "crm-online-dpa"


@pytest.fixture(autouse=True)
def before_the_first_of_december():
    with time_machine.travel(BEFORE, tick=False):
        yield


def test_the_operator_publishes_what_is_green(publish):
    version = publish()
    assert (version.number, version.label, version.kind) == (1, "A", "data-processing")
    assert version.values["promises.notice_hours"] == {"de": "24", "en": "24", "nb": "24"}
    assert version.valid_from == datetime(2026, 11, 30, 23, tzinfo=UTC)  # midnight in Oslo
    assert not Draft.objects.exists()
    assert happened("agreements.published")


def test_the_hash_is_that_of_the_canonical_text(publish):
    version = AgreementVersion.objects.get(pk=publish().pk)
    for language in ("de", "en", "nb"):
        canonical = version.canonical(language)
        assert hashlib.sha256(canonical.encode()).hexdigest() == version.sha256[language]
        assert "24" in canonical
        assert "{{" not in canonical


@pytest.mark.parametrize("who", ["anna", "mia", "ben"])
def test_a_customer_neither_writes_nor_publishes(seed, who, request):
    person = request.getfixturevalue(who)
    with pytest.raises(PermissionDenied):
        draft_agreement(person.actor, agreement=DPA, texts=texts())
    with pytest.raises(PermissionDenied):
        publish_agreement(person.actor, agreement=DPA)
    with pytest.raises(PermissionDenied):
        withdraw_draft(person.actor, agreement=DPA)


def test_a_draft_may_have_problems_and_a_version_may_not(seed, operator):
    draft_agreement(operator.actor, agreement=DPA, texts=texts() | {"nb": text("nb", hours="47")})
    with pytest.raises(TextsRefused) as refused:
        publish_agreement(operator.actor, agreement=DPA)
    assert [problem.file for problem in refused.value.problems] == [f"{DPA}.nb.md"] * 2
    assert not AgreementVersion.objects.exists()
    assert Draft.objects.exists()


def test_a_version_does_not_begin_in_the_past_but_today(publish):
    with pytest.raises(Refused, match="cannot begin in the past"):
        publish(texts(valid_from="2026-11-19"))
    assert publish(texts(valid_from="2026-11-20")).valid_from == BEFORE


def test_notice_that_the_register_promises_is_kept(in_force, publish):
    in_force(f'slug = "{DPA}"', f'slug = "{DPA}"\nnotice_days = 30')
    publish(texts(valid_from="2026-11-20"))
    with pytest.raises(Refused, match="30 days' notice"):
        publish(texts(valid_from="2026-12-19", version="B"))
    assert publish(texts(valid_from="2026-12-21", version="B")).number == 2


def test_the_same_again_is_no_version(publish):
    publish()
    with pytest.raises(Refused, match="Nothing differs from version 1"):
        publish()


def test_an_agreement_that_the_register_does_not_have_is_refused(seed, operator):
    with pytest.raises(Refused, match="no agreement"):
        draft_agreement(operator.actor, agreement="no-such-thing", texts=texts())
    with pytest.raises(Refused, match="no draft"):
        publish_agreement(operator.actor, agreement=DPA)


def test_a_version_is_in_force_from_its_first_second_on(publish):
    first = publish(texts(valid_from="2026-11-20"))
    second = publish(texts(version="B"))
    assert queries.version_in_force(DPA, second.valid_from - timedelta(seconds=1)) == first
    assert queries.version_in_force(DPA, second.valid_from) == second


def test_a_published_version_cannot_be_changed_even_in_the_database(publish):
    publish()
    for change in (lambda rows: rows.update(label="B"), lambda rows: rows.delete()):
        with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
            change(AgreementVersion.objects.all())


def test_a_withdrawn_draft_leaves_what_is_published(publish, operator):
    publish()
    draft_agreement(operator.actor, agreement=DPA, texts=texts(version="B"))
    withdraw_draft(operator.actor, agreement=DPA)
    assert not Draft.objects.exists()
    assert AgreementVersion.objects.count() == 1


def test_a_changed_register_leaves_the_version_and_turns_its_check_red(publish, in_force, operator):
    publish(texts(valid_from="2026-11-20"))
    assert perform("agreements-in-step").ok
    in_force("processor_notice_days = 30", "processor_notice_days = 60")
    finding = perform("agreements-in-step")
    assert not finding.ok
    assert "crm-online-dpa (promises.processor_notice_days)" in str(finding)
    assert "30 days" in queries.version_in_force(DPA).canonical("en")
    assert "60 days" in publish(texts(valid_from="2026-11-20")).canonical("en")
    assert perform("agreements-in-step").ok


def test_the_public_log_learns_hashes_and_no_text(publish, operator):
    version = publish()
    with in_tenant(operator.tenant):
        told = published(Event.objects.get(name="agreements.published"))
    assert told["subject"] == f"agreements/{DPA}/1"
    assert told["content"]["sha256"] == version.sha256
    assert "texts" not in told["content"]


def test_a_change_of_the_register_names_the_agreements_that_carry_the_value(publish, operator):
    publish(texts(valid_from="2026-11-20"))
    (sentence,) = queries.meaning({"promises.processor_notice_days", "operator.name"})
    assert "publish a new version of it" in sentence
    assert queries.meaning({"operator.name"}) == []
