"""The demo's half-year: every agreement of the example register has a text, and one of them has a second version."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tillit.foundation import clock
from tillit.foundation.access import Actor
from tillit.foundation.tenancy import in_tenant
from tillit.trust.actions.register import apply_register
from tillit.trust.agreements import queries
from tillit.trust.agreements.demo import CHANGED, HALF_A_YEAR, tell_half_a_year
from tillit.trust.agreements.models import AgreementVersion
from tillit.trust.register import read_register

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def told(operator, anna, chiara, seed_text):
    with clock.at(NOW - timedelta(days=HALF_A_YEAR, minutes=1)):
        apply_register(Actor.system(operator.tenant), register=read_register(seed_text))
    with clock.at(NOW):  # nobody tells the owner's past here
        tell_half_a_year(operator.actor, [anna.actor, chiara.actor], NOW)


@pytest.mark.promise("agreements-have-versions-and-acceptances")
def test_all_fifteen_are_in_force_and_the_changed_one_is_announced(told, anna, chiara):
    with clock.at(NOW):
        assert len(queries.in_force()) == 15
        assert queries.in_force()[CHANGED].number == 1
        assert queries.newest_version(CHANGED).number == 2
        assert not queries.stale()
        assert AgreementVersion.objects.count() == 16
        assert [one.agreement for one in queries.waiting(anna.tenant)] == [CHANGED]
        assert queries.waiting(chiara.tenant) == []


def test_everybody_reads_each_of_them_as_a_whole(told, public):
    for slug in [one.slug for one in queries.entries()]:
        with clock.at(NOW):
            sent = public.get(f"/trust/agreements/{slug}/").content.decode()
        assert sent.count('class="clause depth-1"') >= 3, slug
        assert "{{" not in sent


def test_what_waits_differs_in_one_clause(told, anna):
    with clock.at(NOW), in_tenant(anna.tenant):
        standing = queries.standing(CHANGED)
        assert standing.accepted.version.number == 1
    sent = anna.get(f"/agreements/{CHANGED}/accept/").content.decode()
    assert "1 clause differs from what you accepted" in sent
    assert "<del>24</del>" in sent
    assert "<ins>12</ins>" in sent
