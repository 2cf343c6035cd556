"""Once a night, beside the workers: `python -m tillit.site.nightly` makes a backup and tries it.

A process of its own because it needs the superuser, whom no worker may be. It wants no network: the database is reached
by its socket. After a start that finds last night's missing it begins within minutes; a failure is tried again hourly.
"""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tillit.foundation.supervision import lives, report_ready
from tillit.site import runtime
from tillit.site.backup import back_up, newest
from tillit.site.postgres import Cluster
from tillit.site.preparation import EMBEDDED
from tillit.site.problems import Problem

AT = (3, 20)  # hour and minute, UTC: after the nightly restart
SOON = timedelta(minutes=10)
AGAIN = timedelta(hours=1)
LOOK = 30.0  # seconds between looks at the clock, which may be set


def due_at(at: datetime, last: datetime | None) -> datetime:
    """When the next backup begins, seen from `at`; `last`: when the last one that was restored was made."""
    night = at.replace(hour=AT[0], minute=AT[1], second=0, microsecond=0)
    following = night if night > at else night + timedelta(days=1)
    is_missed = last is None or last < following - timedelta(days=1)
    return at + SOON if is_missed else following


def main(data: Path) -> None:
    """Never returns; ended by SIGTERM. What an interrupted backup left behind is removed by the next one."""
    report_ready(moves=lives)
    found = newest(data)
    due = due_at(datetime.now(UTC), datetime.fromisoformat(found["at"]) if found.get("ok") else None)
    while True:
        while datetime.now(UTC) < due:
            time.sleep(LOOK)
        began = datetime.now(UTC)
        try:
            back_up(data, Cluster(data / EMBEDDED).admin_dsn(runtime.DATABASE))
            due = due_at(datetime.now(UTC), began)
        except Problem as problem:
            sys.stderr.write(f"{problem}\n")
            sys.stderr.flush()
            due = datetime.now(UTC) + AGAIN


if __name__ == "__main__":
    main(runtime.data_folder())
