"""A customer's no to a processor, and what became of it."""

from __future__ import annotations

from django.utils.translation import gettext as _

from tillit.foundation.access import Actor, action, even_in_maintenance, require
from tillit.foundation.clock import now
from tillit.foundation.errors import Refused
from tillit.foundation.events import record
from tillit.trust.channel import notify
from tillit.trust.models import Objection, Processor


@action
@even_in_maintenance
def raise_objection(actor: Actor, *, processor: str, reason: str = "") -> Objection:
    """Keep the routes of an announced processor shut for the actor's tenant, also when they open for others."""
    require(actor, "trust.object")
    coming = Processor.objects.announced().filter(slug=processor).first()
    if coming is None:
        raise Refused(_("One can object from the announcement until the processor comes into force."))
    if Objection.objects.standing().filter(processor=processor, number=coming.number).exists():
        raise Refused(_("Your objection is already recorded."))
    objection = Objection(
        tenant=actor.tenant, processor=processor, number=coming.number, reason=reason.strip(), raised_by=actor.user
    )
    objection.full_clean()
    objection.save(force_insert=True)
    record(actor, "trust.objection_raised", objection, processor=processor)
    notify()
    return objection


@action
@even_in_maintenance
def withdraw_objection(actor: Actor, *, objection: Objection) -> Objection:
    """Let the processor in after all; its routes open when they open for everybody."""
    require(actor, "trust.object")
    ended = _end(actor, objection, Objection.Outcome.WITHDRAWN)
    record(actor, "trust.objection_withdrawn", ended, processor=ended.processor)
    return ended


@action
@even_in_maintenance
def terminate_instead(actor: Actor, *, objection: Objection) -> Objection:
    """Record that the customer ends the contract over the processor; the routes stay shut."""
    require(actor, "trust.object")
    ended = _end(actor, objection, Objection.Outcome.TERMINATED)
    record(actor, "trust.objection_terminated", ended, processor=ended.processor)
    return ended


def _end(actor: Actor, objection: Objection, outcome: Objection.Outcome) -> Objection:
    objection = Objection.objects.select_for_update().get(pk=objection.pk, tenant=actor.tenant)
    if objection.outcome:
        raise Refused(_("This objection has ended already."))
    objection.outcome, objection.ended_at, objection.ended_by = outcome, now(), actor.user
    objection.save(update_fields=["outcome", "ended_at", "ended_by"])
    notify()
    return objection
