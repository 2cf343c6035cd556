"""Beside the workers: `python -m tillit.site.restarting` restarts them every night in their window, and measures it.

    python -m tillit.site.restarting by-hand [REASON]      one restart now, measured too: `bin/tillit restart`

A process of its own because the load has to come by the machine's network, which no worker has. It asks the supervisor
by SIGHUP, as everybody does, and is replaced itself at last: asked to end meanwhile, it measures to the end first.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tillit.site.settings")
django.setup()

from django.db import Error, connection  # noqa: E402 - Django is set up first

from tillit.availability.actions.work import begin_work, end_work, give_up_work  # noqa: E402
from tillit.availability.models import MaintenanceWindow, WindowWork  # noqa: E402
from tillit.availability.queries import operating_tenant  # noqa: E402
from tillit.availability.restarts.actions import Told, record_restart  # noqa: E402
from tillit.availability.restarts.models import RestartRun  # noqa: E402
from tillit.foundation.access import Actor  # noqa: E402
from tillit.foundation.clock import now  # noqa: E402
from tillit.foundation.errors import Refused  # noqa: E402
from tillit.foundation.supervision import lives, report_ready  # noqa: E402
from tillit.site import runtime  # noqa: E402
from tillit.site.gap import Measured, restart_under_load  # noqa: E402
from tillit.site.gently import WISH  # noqa: E402
from tillit.site.preparation import release  # noqa: E402

JOB = "restart"
LOOK = 20.0  # seconds between looks at the plan and the clock, both of which may change
Occasion, Outcome = RestartRun.Occasion, RestartRun.Outcome
log = logging.getLogger(__name__)


class Nights:
    """Restarts once in every window of the job that begins while this process is there."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.seen = now()  # what began before is somebody else's, or over
        self.busy = False
        self.ending = False

    def listen_to_signals(self) -> None:
        signal.signal(signal.SIGTERM, self._end)

    def clear(self) -> None:
        """What an earlier process left open when it died. A successor's predecessor may be at its work still."""
        if WISH not in os.environ:  # set for successors everywhere, also where they cannot step back
            give_up_work(Actor.system(operating_tenant()), job=JOB)

    def _end(self, _number: int, _frame: FrameType | None) -> None:
        self.ending = True
        if not self.busy:
            sys.exit()

    def run(self) -> None:
        while not self.ending:
            try:
                self.look()
            except Error:  # the database is restarted, perhaps
                log.warning("The database did not do what was asked; looking again in %.0f s", LOOK, exc_info=True)
            connection.close_if_unusable_or_obsolete()
            if not self.ending:
                time.sleep(LOOK)

    def look(self) -> RestartRun | None:
        """Restart if a window of the job is open that has not been used; what is kept of it.

        Raises Error where the database fails; the window has been used once the work began, or why not is kept.
        """
        window = MaintenanceWindow.open_for(JOB, "", "", now())
        if window is None or window.starts_at <= self.seen:
            return None
        self.busy = True
        try:
            return self._use(window)
        finally:
            self.busy = False

    def _use(self, window: MaintenanceWindow) -> RestartRun:
        """A restart as work in its window. Where the work may not begin, that is kept and published instead."""
        system = Actor.system(operating_tenant())
        work, why = None, _strange_release(self.data)
        if not why:
            try:
                work = begin_work(system, job=JOB)
            except Refused as refusal:
                why = str(refusal)
        if work is None:
            run = record_restart(system, told=Told(Occasion.NIGHT, Outcome.REFUSED, now(), reason=why))
            self.seen = window.starts_at
            return run
        self.seen = window.starts_at
        return _carry_out(self.data, system, work)


def _strange_release(data: Path) -> str:
    """Why not: the new processes would be of a release that nobody has brought, on tables of the one before."""
    brought, found = runtime.installation(data).get("brought"), release()
    if brought and brought != found:
        return f"The checkout holds another release ({found}) than the one that was brought ({brought})."
    return ""


def _carry_out(data: Path, system: Actor, work: WindowWork) -> RestartRun:
    """The work ends whatever happens, and first: else it would be told as maintenance that takes too long."""
    at, why = now(), ""
    measured: Measured | None = None
    try:
        measured = restart_under_load(data, system)
    except Exception as error:
        log.exception("The restart could not be made or measured")
        why = f"It could not be made or measured ({type(error).__name__})."
    if not connection.is_usable():  # the database was restarted meanwhile
        connection.close()
    with suppress(Refused):  # it was given up meanwhile
        sentence = measured.sentence if measured else why
        end_work(system, work=work, ok=bool(measured and measured.complete), sentence=sentence)
    if measured is None:
        return record_restart(system, told=Told(Occasion.NIGHT, Outcome.FAILED, at, reason=why), work=work)
    return _record(system, measured, Occasion.NIGHT, work=work)


def by_hand(data: Path, because: str = "") -> int:
    """One restart now, and one line about it; exit status 1 when not every process was replaced.

    A reason that cannot be published is told by a traceback in the log, and by no line.
    """
    system = Actor.system(operating_tenant())
    measured = restart_under_load(data, system)
    try:
        _record(system, measured, Occasion.BY_HAND, reason=because)
    except Error:
        if because:
            raise
        log.exception("The restart is done, but not recorded")
    sys.stdout.write(f"{measured.sentence}\n")
    return 0 if measured.complete else 1


def _record(
    system: Actor, measured: Measured, occasion: str, *, work: WindowWork | None = None, reason: str = ""
) -> RestartRun:
    outcome = Outcome.DONE if measured.complete else Outcome.FAILED
    told = Told(occasion, outcome, datetime.fromtimestamp(measured.began, UTC), measured.took_ms, reason)
    return record_restart(system, told=told, gap=measured.gap, work=work)


def main() -> int:
    data = runtime.data_folder()
    if sys.argv[1:2] == ["by-hand"]:
        return by_hand(data, " ".join(sys.argv[2:]))
    nights = Nights(data)
    nights.listen_to_signals()
    nights.clear()
    report_ready(moves=lives)
    nights.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
