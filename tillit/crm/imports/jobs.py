"""Taking rows and taking them back, batch by batch; both go on where a killed worker left off."""

from __future__ import annotations

import logging

from django.utils import translation
from django.utils.translation import gettext as _

from tillit.foundation.access import Actor
from tillit.foundation.errors import Refused
from tillit.foundation.jobs import job
from tillit.foundation.tenancy import in_tenant

from .actions import fail_import, finish_import, take_rows, undo_rows
from .models import Import
from .queries import batches
from .undoing import NO_POSITION

log = logging.getLogger(__name__)


@job("imports.run")
def run_import(actor: Actor, *, import_id: int) -> None:
    """In the language of the person who started it, because reasons are kept as sentences."""
    with in_tenant(actor.tenant):
        running = Import.objects.select_related("file", "created_by").get(pk=import_id)
    with translation.override(running.created_by.language if running.created_by else "en"):
        try:
            for batch in batches(running):
                if not take_rows(actor, import_id=import_id, batch=batch):
                    return
            finish_import(actor, import_id=import_id)
        except Refused as refusal:
            fail_import(actor, import_id=import_id, reason=str(refusal))
        except Exception:
            log.exception("Import %s failed", import_id)
            system = Actor.system(actor.tenant)  # the person may have lost the right meanwhile
            fail_import(system, import_id=import_id, reason=_("Something went wrong on our side; we have been told."))


@job("imports.undo")
def undo_import(actor: Actor, *, import_id: int) -> None:
    below = NO_POSITION
    while below:
        below = undo_rows(actor, import_id=import_id, below=below)
