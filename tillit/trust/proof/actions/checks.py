"""Asking a check, and writing down what it found."""

from __future__ import annotations

import logging
import time

from django.db import transaction
from django.utils.translation import gettext_noop

from tillit.foundation.access import Actor, action, require
from tillit.foundation.checks import Finding, Undecided, perform
from tillit.foundation.events import record
from tillit.trust.proof.models.checks import CheckRun

log = logging.getLogger(__name__)


@action
def run_check(actor: Actor, *, name: str) -> CheckRun | None:
    """Ask one check and keep what it found. Raises LookupError for an unknown one.

    A check that fails to run is a red one. One that cannot say yet returns None; that is kept only where it takes an
    earlier answer back. The operator's event is recorded when the answer changes, not at every run.
    """
    require(actor, "proof.run_checks")
    began = time.monotonic()
    found = _ask(name)
    newest = CheckRun.objects.newest_of([name]).get(name)
    if found is None and (newest is None or newest.ok is None):
        return None
    before = CheckRun.objects.filter(name=name, ok__isnull=False).order_by("-at", "-id").first()
    run = CheckRun.objects.create(
        name=name,
        ok=found.ok if found else None,
        message=str(found.sentence) if found else gettext_noop("This cannot be judged yet."),
        figures=found.figures if found else {},
        milliseconds=round((time.monotonic() - began) * 1000),
    )
    said = {"check": name, "message": run.message, "figures": run.figures}
    if run.ok is False and (before is None or before.ok):
        record(actor, "proof.check_failed", run, **said)
    elif run.ok and before is not None and not before.ok:
        record(actor, "proof.check_recovered", run, **said)
    return run if found else None


def _ask(name: str) -> Finding | None:
    try:
        with transaction.atomic():  # a statement that fails must not take the record of it along
            return perform(name)
    except Undecided:
        return None
    except LookupError:
        raise
    except Exception as error:
        log.exception("The check %s could not be run", name)
        sentence = gettext_noop("The check could not be run (%(reason)s).")
        return Finding(False, sentence, {"reason": type(error).__name__})
