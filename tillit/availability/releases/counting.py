"""Requests and jobs counted by release and wave: in memory, and every ten seconds in one statement to the database.

No request costs a query for it. What a process had counted in its last seconds is lost when it is killed.
"""

from __future__ import annotations

import atexit
import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from django.conf import settings
from django.db import Error, connection
from django.http import HttpResponse

from tillit.availability.looking import OWN_EYES
from tillit.availability.releases.judging import BOUNDS, BUCKETS
from tillit.foundation.models import Tenant
from tillit.foundation.requests import Request

log = logging.getLogger(__name__)
ERRORS, JOBS, FAILED_JOBS, FIRST_BUCKET = range(4)
ADD = """
    INSERT INTO releases_requestcount AS known (minute, release, wave, errors, jobs, failed_jobs, buckets)
    VALUES (%s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (minute, release, wave) DO UPDATE SET
        errors = known.errors + excluded.errors, jobs = known.jobs + excluded.jobs,
        failed_jobs = known.failed_jobs + excluded.failed_jobs,
        buckets = (SELECT array_agg(a + b ORDER BY n)
                   FROM unnest(known.buckets, excluded.buckets) WITH ORDINALITY AS both_of (a, b, n))
"""


class Tally:
    """What this process has counted and not yet written."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[tuple[datetime, str], list[int]] = {}
        self._writer: threading.Thread | None = None

    def request(self, wave: str, seconds: float, *, failed: bool) -> None:
        bucket = next((number for number, bound in enumerate(BOUNDS) if seconds * 1000 <= bound), BUCKETS - 1)
        self._add(wave, [FIRST_BUCKET + bucket, *([ERRORS] if failed else [])])

    def job(self, wave: str, *, failed: bool) -> None:
        self._add(wave, [JOBS, *([FAILED_JOBS] if failed else [])])

    def flush(self) -> None:
        """Write what was counted, and begin anew; what could not be written is counted on."""
        with self._lock:
            counts, self._counts = self._counts, {}
        for (minute, wave), known in list(counts.items()):
            try:
                with connection.cursor() as cursor:
                    cursor.execute(ADD, [minute, settings.RELEASE, wave, *known[:FIRST_BUCKET], known[FIRST_BUCKET:]])
                del counts[minute, wave]
            except Error:
                connection.close()
                log.warning("What was counted could not be written; it is tried again")
                break
        with self._lock:
            for key, known in counts.items():
                now = self._counts.get(key, [0] * len(known))
                self._counts[key] = [a + b for a, b in zip(known, now, strict=True)]

    def _add(self, wave: str, places: list[int]) -> None:
        minute = datetime.now(UTC).replace(second=0, microsecond=0)
        with self._lock:
            counts = self._counts.setdefault((minute, wave), [0] * (FIRST_BUCKET + BUCKETS))
            for place in places:
                counts[place] += 1
            if self._writer is None and settings.COUNTS_WRITTEN_EVERY:
                self._writer = threading.Thread(target=self._write, name="counting", daemon=True)
                self._writer.start()
                atexit.register(self.flush)

    def _write(self) -> None:
        while True:
            time.sleep(settings.COUNTS_WRITTEN_EVERY)
            self.flush()


tally = Tally()


class Counting:
    """Counts every answer to a customer's people: its release, wave, duration, and whether it failed (5xx)."""

    def __init__(self, get_response: Callable[[Request], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
        began = time.perf_counter()
        response = self.get_response(request)
        tenant = getattr(request, "tenant", None)
        own = request.META.get(OWN_EYES)  # what proves a notice would make every wave look quicker than it is
        if tenant is not None and tenant.kind == Tenant.Kind.CUSTOMER and not own:
            tally.request(tenant.wave, time.perf_counter() - began, failed=response.status_code >= 500)
        return response
