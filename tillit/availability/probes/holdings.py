"""What this room keeps for a time."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

from django.utils.translation import gettext_lazy as _

from tillit.availability.probes import archive
from tillit.availability.probes.actions.probers import OURS
from tillit.availability.probes.models import Prober, Sample, SampleDay
from tillit.foundation.access import Actor
from tillit.foundation.clock import now

MARKED = "canary"  # no probe: it is neither reckoned nor packed


class Samples:
    """Single samples, and days of them. What they added up to stays, and so do the files of months (`archive.py`): a
    day leaves the database only when the file of its month holds it."""

    label = _("Samples of probes")
    least_hours = 100 * 24  # ninety days are shown, and can be reckoned again

    def purge(self, before: datetime) -> int:
        days = list(SampleDay.objects.filter(day__lt=before.astimezone(UTC).date()).defer("body"))
        held = {month: archive.held(month) for month in {f"{one.day:%Y-%m}" for one in days}}
        over = [one.pk for one in days if held[f"{one.day:%Y-%m}"].get(str(one.day)) == one.sha256]
        return Sample.objects.filter(at__lt=before).delete()[0] + SampleDay.objects.filter(pk__in=over).delete()[0]

    def plant(self, actor: Actor) -> str:
        prober, _made = Prober.objects.get_or_create(
            name=OURS, defaults={"place": "its own jobs", "region": actor.tenant.region}
        )
        mark = secrets.token_hex(8)
        return str(Sample.objects.create(prober=prober, probe=MARKED, at=now(), ok=None, what=mark).pk)

    def use(self, key: str) -> None:
        """Tell what it says."""
        if not Sample.objects.filter(pk=int(key), probe=MARKED).exists():
            raise LookupError("The planted sample is gone.")

    def exists(self, key: str) -> bool:
        return Sample.objects.filter(pk=int(key)).exists()
