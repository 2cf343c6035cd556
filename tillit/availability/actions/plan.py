"""The maintenance plan and the parts of the service, as the register says them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.utils.translation import gettext as _

from tillit.availability.actions.measuring import ONE_KEEPER
from tillit.availability.models import (
    Component,
    MaintenanceRule,
    MaintenanceWindow,
)
from tillit.availability.numbering import next_sequence, number_rule
from tillit.availability.once import one_at_a_time
from tillit.availability.queries import NOTICE_DAYS, computed_windows
from tillit.availability.refusals import refuse_strangers
from tillit.availability.register import Entry, read_component, read_rule
from tillit.availability.withdrawing import withdraw_unforeseen
from tillit.foundation.access import Actor, action, require
from tillit.foundation.clock import now
from tillit.foundation.errors import Refused
from tillit.foundation.events import record
from tillit.foundation.jobs import later


@action
def apply_rules(actor: Actor, *, rules: Iterable[Entry]) -> list[MaintenanceRule]:
    """Make these entries of the register the whole maintenance plan, and announce what is due by it.

    A rule that is not among them is retired. Refuses entries that contradict themselves, and then changes nothing.
    """
    require(actor, "availability.announce")
    read = [read_rule(entry, position) for position, entry in enumerate(rules)]
    _refuse_doubles([rule.key for rule in read])
    refuse_strangers(read)
    known = {rule.key: rule for rule in MaintenanceRule.objects.select_for_update()}
    for rule in read:
        number_rule(rule, known.get(rule.key))
        rule.save()
    kept = {rule.key for rule in read}
    MaintenanceRule.objects.exclude(key__in=kept).filter(retired_at=None).update(retired_at=now())
    record(actor, "availability.rules_applied", keys=sorted(kept))
    announce_due_windows(actor)
    return read


@action
def apply_components(actor: Actor, *, components: Iterable[Entry]) -> list[Component]:
    """Make these entries of the register the parts the status page speaks of; known ones keep their state."""
    require(actor, "availability.announce")
    read = [read_component(entry, position) for position, entry in enumerate(components)]
    _refuse_doubles([component.slug for component in read])
    one_at_a_time(ONE_KEEPER)
    for component in read:
        told = {"name": component.name, "text": component.text, "position": component.position, "retired_at": None}
        told["probes"] = component.probes
        Component.objects.update_or_create(slug=component.slug, defaults=told)
    slugs = [component.slug for component in read]
    Component.objects.exclude(slug__in=slugs).filter(retired_at=None).update(retired_at=now())
    record(actor, "availability.components_applied", slugs=slugs)
    return list(Component.objects.in_service())


@action
def announce_due_windows(actor: Actor) -> list[MaintenanceWindow]:
    """Announce what the rules foresee for the next 14 days, never with less than 24 hours' notice.

    Running it again changes nothing. An announced window that the rules no longer foresee is withdrawn; one that a
    person cancelled stays cancelled.
    """
    require(actor, "availability.announce")
    at = now()
    rules = list(MaintenanceRule.objects.planned().select_for_update())  # two runs at once wait for each other here
    foreseen = {window.identity: window for window in computed_windows(at + timedelta(days=NOTICE_DAYS), rules)}
    standing = withdraw_unforeseen(actor, foreseen, at)
    due = [window for key, window in foreseen.items() if key not in standing and window.gives_enough_notice(at)]
    for window in due:
        window.announced_at, window.sequence = at, next_sequence(window)
        window.save(force_insert=True)
        record(actor, "availability.maintenance_announced", window)
    later("availability.prove_told_notices", actor, only_one="availability.prove_told_notices")
    return due


def _refuse_doubles(names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise Refused(_("“%(name)s” stands twice in the register.") % {"name": name})
