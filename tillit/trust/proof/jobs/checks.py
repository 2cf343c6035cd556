"""By the clock: ask the checks that are due; purge what is old, and follow the marked records."""

from __future__ import annotations

import logging

from tillit.foundation.access import Actor
from tillit.foundation.jobs import by_the_clock
from tillit.trust.proof.actions.checks import run_check
from tillit.trust.proof.actions.retention import follow_canary, forget_canaries, purge_by_rule
from tillit.trust.proof.queries.checks import due_checks, rules_in_force

log = logging.getLogger(__name__)


@by_the_clock("proof.run_checks", "*/5 * * * *")
def run_due_checks(actor: Actor) -> None:
    for name in due_checks():
        run_check(actor, name=name)


@by_the_clock("proof.keep_retention", "7 * * * *")
def keep_retention(actor: Actor) -> None:
    forget_canaries(actor)
    for rule in rules_in_force():
        try:
            purge_by_rule(actor, rule=rule)
            follow_canary(actor, rule=rule)
        except Exception:  # one holding that cannot be purged must not keep the others; its canary will tell
            log.exception("Retention rule %s could not be kept", rule)
