"""Row, event and job commit together or not at all; a job acts as the person it was deferred by."""

import pytest
from django.db import transaction
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.exceptions import TaskNotFound

from tillit.foundation.access import Actor, require
from tillit.foundation.events import record
from tillit.foundation.jobs import _actor_as_json, _actor_from, later
from tillit.foundation.models import Event, Membership
from tillit.foundation.tenancy import current_tenant, in_tenant
from tillit.foundation.testing import queued


def test_a_job_vanishes_with_the_transaction_that_wanted_it(anna):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        later("foundation.react", anna.actor, event_id=1)
        raise ZeroDivisionError
    assert not queued("foundation.react")


def test_an_unknown_job_is_an_error_at_once(anna):
    with pytest.raises(TaskNotFound):
        later("nobody.knows_this", anna.actor)


def test_an_undeclared_event_is_an_error_at_once(anna):
    with pytest.raises(LookupError), in_tenant(anna.tenant):
        record(anna.actor, "nobody.declared_this")
    with in_tenant(anna.tenant):
        assert not Event.objects.filter(name="nobody.declared_this").exists()


def test_an_undeclared_grant_is_an_error_and_no_silent_no(anna):
    with pytest.raises(LookupError):
        require(anna.actor, "nobody.grants_this")


def test_a_job_that_waits_already_is_not_added_twice(anna):
    for _again in range(2):
        later("foundation.react", anna.actor, only_one="one", event_id=1)
    assert ProcrastinateJob.objects.filter(queueing_lock="one").count() == 1


def test_a_job_acts_as_the_person_who_deferred_it(anna):
    actor = _actor_from(_actor_as_json(anna.actor))
    assert (actor.user, actor.tenant, actor.role) == (anna.user, anna.tenant, "administrator")
    assert current_tenant() is None


def test_whoever_lost_the_membership_meanwhile_may_nothing(anna):
    told = _actor_as_json(anna.actor)
    with in_tenant(anna.tenant):
        Membership.objects.filter(user=anna.user).delete()
    assert _actor_from(told).grants == frozenset()


def test_the_system_may_everything_and_nobody_nothing(anna):
    assert Actor.system(anna.tenant).grants >= anna.actor.grants
    assert Actor.nobody(anna.tenant).grants == frozenset()
