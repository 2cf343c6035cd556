"""Deleting what has been kept long enough, and proving it with a marked record."""

from __future__ import annotations

from datetime import timedelta

from django.utils.translation import gettext as _

from tillit.foundation.access import Actor, action, require
from tillit.foundation.clock import now
from tillit.foundation.errors import Refused
from tillit.foundation.holdings import holding
from tillit.trust.models import Retention
from tillit.trust.proof.models.checks import Canary


@action
def purge_by_rule(actor: Actor, *, rule: str) -> int:
    """Delete what the rule (by its slug) no longer allows to be kept; returns how many records went.

    The hours are those of the register at this moment; there is no other place that says them.
    """
    require(actor, "proof.keep_retention")
    kept = _in_force(rule)
    return holding(kept.holding).purge(now() - timedelta(hours=kept.hours))


@action
def follow_canary(actor: Actor, *, rule: str) -> Canary:
    """See whether the rule's marked record is gone; when it is, or none was planted, plant and use the next one."""
    require(actor, "proof.keep_retention")
    kept = _in_force(rule)
    held = holding(kept.holding)
    living = Canary.objects.select_for_update().filter(rule=rule, gone_at=None).first()
    if living is not None and living.holding != kept.holding:  # the rule speaks of something else now
        living.delete()
        living = None
    if living is not None:
        if held.exists(living.key):
            return _age(living, kept.hours)
        _age(living, kept.hours)
        living.gone_at = max(now(), living.planted_at)
        living.save(update_fields=["gone_at"])
    key = held.plant(actor)
    planted = Canary.objects.create(rule=rule, holding=kept.holding, hours=kept.hours, key=key)
    held.use(key)
    planted.used_at = now()
    planted.save(update_fields=["used_at"])
    return planted


@action
def forget_canaries(actor: Actor) -> int:
    """Follow no longer those whose rule is not in force: nothing has to delete them."""
    require(actor, "proof.keep_retention")
    rules = Retention.objects.in_force().values("slug")
    return Canary.objects.filter(gone_at=None).exclude(rule__in=rules).delete()[0]


def _age(canary: Canary, hours: int) -> Canary:
    """A rule that was changed during its life: the longer time counts."""
    if hours > canary.hours:
        canary.hours = hours
        canary.save(update_fields=["hours"])
    return canary


def _in_force(rule: str) -> Retention:
    found: Retention | None = Retention.objects.in_force().filter(slug=rule).first()
    if found is None:
        raise Refused(_("No retention rule “%(rule)s” is in force.") % {"rule": rule})
    return found
