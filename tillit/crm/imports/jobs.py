"""Taking rows and taking them back, batch by batch; both go on where a killed worker left off, or maintenance ends."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db import InterfaceError, OperationalError
from django.utils import translation
from django.utils.translation import gettext as _
from procrastinate import RetryStrategy

from tillit.crm.imports.actions import fail_import, finish_import, take_rows, undo_rows
from tillit.crm.imports.models import Import
from tillit.crm.imports.queries import batches
from tillit.foundation.access import Actor
from tillit.foundation.clock import now
from tillit.foundation.errors import Refused
from tillit.foundation.jobs import job, later
from tillit.foundation.standstill import AGAIN, Paused
from tillit.foundation.tenancy import in_tenant

log = logging.getLogger(__name__)
ONE_AT_A_TIME = "imports"  # they are long: all other work keeps hands of its own
TURN = 60.0  # seconds of one import until it is the turn of the next that waits
UNREACHABLE = (OperationalError, InterfaceError)
# An import outlives an outage of the database: it goes on where it was, after 2, 4, 8 … seconds, for two hours
PATIENT = RetryStrategy(max_attempts=12, exponential_wait=2, retry_exceptions=UNREACHABLE)


@job("imports.run", retry=PATIENT, lock=ONE_AT_A_TIME)
def run_import(actor: Actor, *, import_id: int) -> None:
    with _telling_failures(actor, import_id, "imports.run") as running:
        until = time.monotonic() + TURN
        for count, batch in enumerate(batches(running)):
            if count and time.monotonic() > until:
                later("imports.run", actor, import_id=import_id)
                return
            if not take_rows(actor, import_id=import_id, batch=batch):
                return
        finish_import(actor, import_id=import_id)


@job("imports.undo", retry=PATIENT, lock=ONE_AT_A_TIME)
def undo_import(actor: Actor, *, import_id: int) -> None:
    with _telling_failures(actor, import_id, "imports.undo"):
        until = time.monotonic() + TURN
        while undo_rows(actor, import_id=import_id):
            if time.monotonic() > until:
                later("imports.undo", actor, import_id=import_id)
                return


@contextmanager
def _telling_failures(actor: Actor, import_id: int, job_name: str) -> Iterator[Import]:
    """An import that cannot go on says why, in the language of the person who started it, and can be undone. One that
    meets with announced maintenance goes on when that is over.

    The system writes that down: the person may have lost the right meanwhile, or the tenant be in maintenance.
    """
    with in_tenant(actor.tenant):
        found = Import.objects.select_related("file", "created_by").get(pk=import_id)
    with translation.override(found.created_by.language if found.created_by else "en"):
        try:
            yield found
        except Paused as paused:
            soon = min(paused.standstill.seconds, AGAIN)  # it may end earlier than announced
            log.info("Import %s waits until maintenance is over", import_id)
            later(job_name, actor, at=now() + timedelta(seconds=soon), import_id=import_id)
        except Refused as refusal:
            fail_import(Actor.system(actor.tenant), import_id=import_id, reason=str(refusal))
        except UNREACHABLE:
            log.warning("Import %s waits for the database", import_id)
            raise  # nothing can be written down now; the job is run again
        except Exception:
            log.exception("Import %s failed", import_id)
            reason = _("Something went wrong on our side; we have been told.")
            fail_import(Actor.system(actor.tenant), import_id=import_id, reason=reason)
