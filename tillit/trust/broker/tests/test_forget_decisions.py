"""What the broker decided is deleted when its rule says so, never earlier, and by nobody else."""

from datetime import timedelta

import pytest
from django.db import ProgrammingError, connection, transaction
from django.utils import timezone

from tillit.foundation.access import Actor
from tillit.foundation.holdings import holding
from tillit.foundation.tenancy import in_tenant
from tillit.trust.actions.register import apply_register
from tillit.trust.broker.actions import record_decisions
from tillit.trust.broker.journal import Decided
from tillit.trust.broker.models import Decision, Flow
from tillit.trust.broker.queries import everybody
from tillit.trust.broker.testing import SMALLEST_REGISTER
from tillit.trust.broker.tests.test_show_flows import POST
from tillit.trust.register import read_register

LEDGER = "SELECT coalesce(after, before)::text FROM foundation_ledgerentry WHERE table_name = 'broker_flow'"


def ago(days):
    return timezone.now() - timedelta(days=days)


@pytest.fixture
def keep(operator_tenant):
    """Put decisions of so many days ago on record."""

    def put(*days, tenant=None, **said):
        facts = {"purpose": "mail", "host": "smtp.post.example", "port": 465, "allowed": True, "processor": "post"}
        told = [
            Decided(**(facts | said), at=ago(day).timestamp(), tenant=tenant.pk if tenant else None) for day in days
        ]
        record_decisions(Actor.system(operator_tenant), decided=told)

    return put


def left(kind=Decision, field="at"):
    """Of how many days ago there still is something, over all customers."""
    with everybody():
        return [(timezone.now() - at).days for at in kind.objects.order_by(field).values_list(field, flat=True)]


def forget():
    """Ask the database itself to delete everything."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT broker_forget(now())")
        return cursor.fetchone()[0]


def test_decisions_and_sums_go_at_their_age(keep, fjordlys):
    keep(401, 399, 2)
    keep(401, 200, tenant=fjordlys)
    assert holding("broker-decisions").purge(ago(400)) == 4
    assert left() == [399, 200, 2]
    assert left(Flow, "last_at") == [399, 200, 2]


def test_when_a_processor_was_last_reached_stays_known(public, keep, operator_tenant):
    apply_register(Actor.system(operator_tenant), register=read_register(SMALLEST_REGISTER + POST))
    keep(600, 500, 300, processor="", allowed=False, reason="undeclared")
    keep(600, 500)
    holding("broker-decisions").purge(ago(400))
    assert left(Flow, "last_at") == [500, 300]
    (flow,) = public.get("/trust/flows.json").json()["flows"]
    assert flow["observed"][0]["last_contact"] == ago(500).date().isoformat()


def test_the_database_deletes_nothing_young_and_nothing_of_others(keep, fjordlys, alpenrose):
    keep(101, 99)
    keep(101, 99, tenant=fjordlys)
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic(), everybody():
        Decision.objects.all().delete()
    with in_tenant(alpenrose):
        assert forget() == 0
    with in_tenant(fjordlys):
        assert forget() == 1
    assert left() == [101, 99, 99]
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE broker_decision (at timestamptz)")  # in the way
    with everybody():
        assert forget() == 1
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE pg_temp.broker_decision")
    assert left() == [99, 99]


def test_a_rule_that_would_blind_the_trust_page_is_refused():
    rule = '[[retention]]\nslug = "flows"\nholding = "broker-decisions"\nhours = {}\ntext.en = "Traffic."\n'
    with pytest.raises(Exception, match="2400 hours at least"):
        read_register(SMALLEST_REGISTER + rule.format(2399))
    read_register(SMALLEST_REGISTER + rule.format(2400))


def test_the_ledger_does_not_keep_what_the_rule_deletes(keep, operator_tenant):
    keep(401, 2)
    holding("broker-decisions").purge(ago(400))
    with in_tenant(operator_tenant), connection.cursor() as cursor:
        cursor.execute(LEDGER)
        assert {row for (row,) in cursor.fetchall()} == {"{}"}
