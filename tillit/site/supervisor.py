"""Keep a set of processes alive: start them, notice deaths, replace them one by one, end them in order.

The supervisor holds the listening sockets, so requests wait instead of failing while nobody serves: after a crash, and
during a restart, where the new process reports ready before the old one is asked to go. How one is started: `child.py`.
"""

from __future__ import annotations

import math
import os
import select
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from tillit.site.child import Child, Program
from tillit.site.gently import IDLE, SLOWLY
from tillit.site.logs import Logs
from tillit.site.postgres import Cluster
from tillit.site.problems import Problem

FIRST_START = 90.0  # seconds until every child has to be ready
SUCCESSOR_START = 360.0  # the same for one that steps back behind those who serve
IDLE_START = 60.0  # the same while the machine is hoped to have time that nobody else wants
TICK = 0.25
STEADY = 10.0  # a child that lived this long has not failed to start
LONGEST_PAUSE = 30.0
DATABASE_PATIENCE = 120.0
LINGERING = 2  # predecessors of one place that may take their longer time at once: restart upon restart piles up none


@dataclass
class Place:
    """Where one process of a program is to be at any time."""

    program: Program
    child: Child | None = None
    successor: Child | None = None
    failures: int = 0
    not_before: float = 0.0
    leaving: list[Child] = field(default_factory=list)

    def everyone(self) -> list[Child]:
        return [child for child in (self.child, self.successor, *self.leaving) if child is not None]

    @property
    def is_dismissed(self) -> bool:
        return self.not_before == math.inf

    def let_go(self, child: Child) -> None:
        """Nobody calls it any more, and it ends when it is done with what it has; not too many may take their time."""
        child.ask_to_end(child.program.lingers)
        self.leaving.append(child)
        for earlier in self.leaving[:-LINGERING]:
            earlier.hurry(earlier.program.grace)


class Supervisor:
    """Runs `programs` and, if given, the embedded database, until SIGTERM or Ctrl-C.

    `environment` is asked anew for every child, so that a restart picks up what changed. `say` is called with one
    line for everything worth knowing, `restarted` at the end of a restart with whether it is complete.
    """

    def __init__(
        self,
        programs: list[Program],
        *,
        logs: Logs,
        environment: Callable[[Program], dict[str, str]],
        say: Callable[[str], None],
        restarted: Callable[[bool], None] = lambda _complete: None,
        database: Cluster | None = None,
    ) -> None:
        self.places = [Place(program) for program in programs]
        self.logs = logs
        self.environment = environment
        self.say = say
        self.restarted = restarted
        self.database = database
        self.each_round: Callable[[], None] = lambda: None
        self.stopping = 0  # how often we were asked to end
        self.is_busy = False  # the machine, since a restart that goes on
        self.rolling: list[Place] = []
        self.asked = False  # for a restart, by a signal, since the last round
        self._wake, self._woken = os.pipe()

    # --- from outside ------------------------------------------------------------------------------------------

    def listen_to_signals(self) -> None:
        os.set_blocking(self._wake, False)
        os.set_blocking(self._woken, False)
        signal.set_wakeup_fd(self._woken, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        at_terminal = os.isatty(1)
        signal.signal(signal.SIGHUP, lambda _number, _frame: self._hang_up(at_terminal))
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda _number, _frame: self.stop())

    def _hang_up(self, at_terminal: bool) -> None:
        """The signal has two meanings: «restart», or that the terminal we were started from was closed."""
        if at_terminal and not os.isatty(1):
            self.stop()
        else:
            self.asked = True

    def stop(self) -> None:
        """End everything in order; asked a second time, at once."""
        self.stopping += 1

    def restart(self) -> None:
        """Replace every child, one after the other, without a request failing."""
        self.roll(self.places)

    def roll(self, places: list[Place]) -> None:
        """Replace the children of these places, one after the other, after those that are being replaced already.

        What is being started begins anew, as what it is started from may be another since. The whole is told once, at
        its end. None starts where one was dismissed, however long its last process still takes.
        """
        anew = [place for place in places if not place.is_dismissed]
        others = [place for place in self.rolling if place not in anew]
        self.rolling = sorted([*others, *anew], key=lambda place: place.program.last)
        for place in self.rolling:
            if place.successor is not None:
                place.let_go(place.successor)
                place.successor = None

    def dismiss(self, place: Place) -> None:
        """Let the process of this place end in order, and start none there again; then the place is gone, too."""
        place.not_before = math.inf
        if place in self.rolling:
            self._replaced(place)
        for child in (place.child, place.successor):
            if child is not None:
                place.let_go(child)
        place.child = place.successor = None

    # --- the work ----------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start those that support the others and the first of the others, each once the one before is ready.

        `run` starts the rest, which nobody has to wait for. Raises Problem when one ends or takes too long.
        """
        supports = [place for place in self.places if place.program.supports]
        others = [place for place in self.places if not place.program.supports]
        for place in (*supports, *others[:1]):
            self._start(place)

    def _start(self, place: Place) -> None:
        child = place.child = self._spawn(place)
        deadline = time.monotonic() + FIRST_START
        while not self.stopping and not child.ready():
            if not child.alive() or time.monotonic() > deadline:
                name = place.program.name
                why = f"{name} does not start. Details: {self.logs.place(name)}"
                if place.program.optional:
                    self.say(why)
                    return
                raise Problem(why)
            self._wait(0.05)

    def run(self) -> None:
        """Watch until asked to stop."""
        while not self.stopping:
            self._watch_database()
            for place in self.places:
                self._watch(place)
            self.places = [place for place in self.places if not place.is_dismissed or place.everyone()]
            if self.asked:
                self.asked = False
                self.restart()
            self._roll()
            self.each_round()
            self.logs.trim()
            self._wait()

    def shut_down(self) -> None:
        """End all children, those that support the others last, then the database.

        A second signal meanwhile kills what is left.
        """
        for supports in (False, True):
            self._end([place for place in self.places if place.program.supports is supports])
        self.places = []
        if self.database is not None:
            self.database.stop()

    def _end(self, places: list[Place]) -> None:
        everyone = [child for place in places for child in place.everyone()]
        for child in everyone:
            child.ask_to_end()
        while any(child.alive() for child in everyone):
            for child in everyone:
                if child.alive() and (self.stopping > 1 or time.monotonic() > (child.kill_at or 0)):
                    child.signal(signal.SIGKILL)
            self._wait(0.05)
        for child in everyone:
            child.forget()

    def _watch(self, place: Place) -> None:
        now = time.monotonic()
        for child in list(place.leaving):
            if not child.alive():
                child.forget()
                place.leaving.remove(child)
            elif now > (child.kill_at or now):
                child.signal(signal.SIGKILL)
        if place.child is not None and place.child.alive() and place.child.ready() and place.child.hung():
            self.say(f"{place.program.name} gives no sign of life any more; it is replaced")
            place.child.signal(signal.SIGKILL)
            place.child.process.wait()
        if place.child is not None and not place.child.alive():
            self._mourn(place, place.child)
        if place.child is None and place.successor is None and now >= place.not_before:
            try:
                place.child = self._spawn(place)
            except OSError as error:  # too many open files, no memory: the others go on
                place.not_before = time.monotonic() + LONGEST_PAUSE
                why = f"{place.program.name} cannot be started ({error.strerror})"
                self.say(f"{why}; trying again in {LONGEST_PAUSE:.0f} s")

    def _mourn(self, place: Place, child: Child) -> None:
        """Plan the next start: at once for one that had worked, ever later for one that fails at the start."""
        place.failures = 0 if time.monotonic() - child.began > STEADY else place.failures + 1
        pause = min(LONGEST_PAUSE, 0.5 * 2 ** (place.failures - 2)) if place.failures > 1 else 0.0
        place.not_before = time.monotonic() + pause
        again = f"again in {pause:.0f} s" if pause >= 1 else "again now"
        self.say(f"{place.program.name} ended ({child.epitaph()}); starting it {again}")
        child.forget()
        place.child = None

    def _roll(self) -> None:
        """Go on with a restart: one place at a time gets a successor; once ready, the predecessor goes."""
        if not self.rolling:
            self.is_busy = False
            return
        place = self.rolling[0]
        successor = place.successor
        if successor is None:
            try:
                place.successor = self._spawn(place, gently=SLOWLY if self.is_busy else IDLE)
            except OSError as error:
                self._break_off(f"No new {place.program.name} can be started ({error.strerror}); the old one stays.")
        elif successor.ready():
            if place.child is not None:
                place.let_go(place.child)
            place.child, place.successor, place.failures = successor, None, 0
            is_last = self.rolling == [place]
            self.say(f"{place.program.name} was replaced" + ("; the restart is complete" if is_last else ""))
            self._replaced(place)
        elif successor.alive() and not self.is_busy and time.monotonic() - successor.began > IDLE_START:
            self.is_busy = True  # the machine: it leaves a successor nothing, so that this one begins anew
            place.let_go(successor)
            place.successor = None
        elif not successor.alive() or time.monotonic() - successor.began > SUCCESSOR_START:
            place.let_go(successor)
            successor.hurry(0.0)  # it had its time; `_watch` kills it, waits for its end and forgets it
            place.successor = None
            self._do_without(place)

    def _do_without(self, place: Place) -> None:
        """A successor does not start. What is optional goes, so that nobody gets old code from it; else all stays."""
        name, log = place.program.name, self.logs.place(place.program.name)
        if not place.program.optional:
            self._break_off(f"The new {name} does not start; the old one stays. Details: {log}")
            return
        self.say(f"The new {name} does not start; the others go on without it. Details: {log}")
        if place.child is not None:
            place.let_go(place.child)
            place.child = None
        place.not_before = time.monotonic() + LONGEST_PAUSE
        self._replaced(place)

    def _replaced(self, place: Place) -> None:
        self.rolling.remove(place)
        if not self.rolling and not self.asked:
            self.restarted(True)

    def _break_off(self, why: str) -> None:
        self.rolling = []
        self.say(why)
        self.restarted(False)

    def _watch_database(self) -> None:
        if self.database is None or self.database.running():
            return
        self.say("The database ended; starting it again")
        try:
            self.database.start(patience=DATABASE_PATIENCE, abandoned=lambda: self.stopping > 0)
        except Problem as problem:
            if not self.stopping:
                self.say(str(problem))
                self._wait(LONGEST_PAUSE / 6)

    def _spawn(self, place: Place, *, gently: str = "") -> Child:
        program = place.program
        values = self.environment(program)
        everyone = [child for place in self.places if (child := place.child) is not None]
        server = next((child for child in everyone if child.forks(program, values)), None)
        if server is not None:
            try:
                return Child(program, values, self.logs, gently=gently, server=server)
            except OSError as error:
                self.say(f"{program.name} could not be forked ({error.strerror}); it is started afresh")
        return Child(program, values, self.logs, gently=gently)

    def _wait(self, seconds: float = TICK) -> None:
        """Sleep until a signal arrives (a child's end is one) or the time is over."""
        if select.select([self._wake], [], [], seconds)[0]:
            with suppress(BlockingIOError):
                os.read(self._wake, 4096)
