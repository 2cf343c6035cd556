"""What this room keeps for a time."""

from __future__ import annotations

from datetime import datetime

from django.db import connection
from django.utils.translation import gettext_lazy as _

from tillit.foundation.access import Actor
from tillit.trust.proof.models.checks import CheckRun

MARKED = "retention-canary"  # the name of no check


class CheckRuns:
    """That checks ran, and what they found; of each check the newest answer stays."""

    label = _("Runs of checks")
    least_hours = 30 * 24  # the database deletes nothing younger

    def purge(self, before: datetime) -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT proof_forget(%s)", [before])
            return int(cursor.fetchone()[0])

    def plant(self, _actor: Actor) -> str:
        return str(CheckRun.objects.create(name=MARKED, ok=None, message="Marked record.", milliseconds=0).pk)

    def use(self, key: str) -> None:
        """Tell what it found, as the operator's page does."""
        run = CheckRun.objects.filter(pk=int(key)).first()
        if run is None or run.finding != "Marked record.":
            raise LookupError("The planted run is gone.")

    def exists(self, key: str) -> bool:
        return CheckRun.objects.filter(pk=int(key)).exists()
