"""Two releases on one machine: what the supervisor does about an order (`rollout.py`).

The release beside gets a web worker on a Unix socket and a worker for the jobs of its waves. Only when both are ready
are the workers of the main release replaced by such that hand on, and only then the routes are told. On the way back
the routes go first. Each course can begin from any state, so that a new order simply takes the place of the last.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from tillit.site import rollout
from tillit.site.child import FORKSERVER, Program
from tillit.site.preparation import child_environment, release
from tillit.site.problems import Problem
from tillit.site.rollout import Order, Routes
from tillit.site.runtime import ROOT, python_of
from tillit.site.supervisor import SUCCESSOR_START, Place, Supervisor

SERVE, JOBS = "tillit.site.serve", "tillit.site.worker"
LINGERS = 300.0  # seconds for what a web worker is answering, or being sent, when another has taken its place
FOLLOWS = (FORKSERVER, SERVE, JOBS)  # what is replaced when the main release or the waves change
LET_GO = 1.0  # seconds until every worker has seen new routes
LOOK_EVERY = 0.5
AGAIN = 10.0  # seconds until the same is tried once more after the machine refused: a full disk, no more files


class Sides:
    """Carries out the orders in `data` on `supervisor`, a step in each of its rounds."""

    def __init__(self, data: Path, supervisor: Supervisor) -> None:
        self.data = data
        self.supervisor = supervisor
        self.order = Order()
        self.main = Order()  # what the main programs are to be started by
        self.course: Iterator[None] = iter(())
        self.holds = Routes()
        self._look_at = 0.0
        self._hold(self.holds)
        supervisor.each_round = self.tick

    def tick(self) -> None:
        if time.monotonic() >= self._look_at:
            self._look_at = time.monotonic() + LOOK_EVERY
            try:
                self._look()
            except (OSError, rollout.Unreadable) as error:
                self._look_at = time.monotonic() + AGAIN
                self.supervisor.say(f"{error} Everything stays as it runs, and is looked at again.")
        next(self.course, None)

    def environment(self, program: Program) -> dict[str, str]:
        """What a process gets beside the installation's values: its release, its place and its waves."""
        root = program.root
        values = child_environment(self.data, confined=bool(program.walls), root=root)
        values["TILLIT_RELEASE"] = release(root)
        values["TILLIT_STATIC"] = str(rollout.static_folder(self.data, root))
        if program.name.startswith("beside-"):
            values |= {"TILLIT_PLACE": "beside", "TILLIT_WAVES": ",".join(self.order.waves)}
        elif program.module in FOLLOWS and self.main.beside:
            values |= {"TILLIT_PLACE": "handing", "TILLIT_WAVES_ELSEWHERE": ",".join(self.main.waves)}
        return values

    def _look(self) -> None:
        try:
            wanted = rollout.order(self.data)
        except rollout.Unreadable:
            raise
        except Problem as problem:
            kept = rollout.set_aside(self.data)
            self.supervisor.say(f"{problem} Kept as {kept}: everything is to run on the release in {ROOT}.")
            wanted = rollout.give(self.data, Order())
        if wanted.number == self.order.number:
            return
        if not self.order.number and str(ROOT) not in (wanted.before, wanted.root):
            self.supervisor.say("Started from another checkout: what was ordered before is forgotten.")
            wanted = rollout.give(self.data, Order())
        self.order = wanted
        self.course = self._pursue(wanted)

    def _pursue(self, order: Order) -> Iterator[None]:
        """Carry it out or tell why not; what the machine refuses now, it may grant later."""
        while True:
            try:
                yield from self._carry_out_or_tell(order)
                return
            except OSError as error:
                self.supervisor.say(f"{error}. Everything stays as it runs, and is tried again.")
            yield from _pause(AGAIN)

    def _carry_out_or_tell(self, order: Order) -> Iterator[None]:
        try:
            yield from self._carry_out(order)
        except Problem as problem:
            self.supervisor.say(str(problem))
            self._hold(replace(self.holds, number=order.number, settled=True, problem=str(problem)))

    def _carry_out(self, order: Order) -> Iterator[None]:
        for root in {order.main, Path(order.root or order.main)}:
            if not Path(python_of(root)).exists():
                raise Problem(f"The release in {root} is not there any more. Everything stays where it runs.")
        if order.beside:
            yield from self._raise_sides(order)
            yield from self._replace_main(order)
            self._tell(order, dict.fromkeys(order.waves, str(rollout.side_socket(self.data))))
            return
        if not order.whole:
            self._tell(order, {}, settled=False)
            yield from _pause(LET_GO)
        yield from self._replace_main(order)
        self._tell(order, {}, settled=False)
        yield from _pause(LET_GO)
        yield from self._lower_sides()
        self._tell(order, {})

    def _tell(self, order: Order, waves: dict[str, str], *, settled: bool = True) -> None:
        self._hold(Routes(order.number, order.release, waves, settled))

    def _hold(self, holds: Routes) -> None:
        rollout.tell(self.data, holds)
        self.holds = holds

    def _raise_sides(self, order: Order) -> Iterator[None]:
        """Web and job worker of the other release, ready. The job worker is replaced when its waves are others."""
        root = Path(order.root)
        if any(place.program.root != root for place in self._sides()):
            self._tell(order, {}, settled=False)
            yield from _pause(LET_GO)
            yield from self._lower_sides()
        if not self._sides():
            for program in self._programs(root):
                self.supervisor.places.append(Place(program))
        else:
            yield from self._replace([place for place in self._sides() if place.program.socket is None])
        deadline = time.monotonic() + SUCCESSOR_START
        while not all(place.child is not None and place.child.ready() for place in self._sides()):
            if time.monotonic() > deadline or any(place.failures > 1 for place in self._sides()):
                yield from self._lower_sides()
                raise Problem(
                    f"The release in {root} does not start. Details: {self.supervisor.logs.place('beside-web')}"
                )
            yield

    def _programs(self, root: Path) -> list[Program]:
        """As those of the main release, from the other checkout: one web worker, and one for jobs."""
        main = {place.program.module: place.program for place in self._main()}
        listening = _unix_socket(rollout.side_socket(self.data))
        beside = [replace(main[SERVE], name="beside-web", socket=listening, root=root)]
        if JOBS in main:
            beside.append(replace(main[JOBS], name="beside-worker", arguments=("beside",), root=root))
        return beside

    def _replace_main(self, order: Order) -> Iterator[None]:
        """Workers of the release, and with the neighbours, that the order wants; nothing where they are there."""
        if (self.main.main, self.main.beside, self.main.waves) == (order.main, order.beside, order.waves):
            return
        self.main = order
        there = order.main.joinpath(*FORKSERVER.split(".")).with_suffix(".py").exists()  # not in every older release
        follows = FOLLOWS if there else (SERVE, JOBS)
        places = [place for place in self._main() if place.program.module in follows]
        for place in places:
            place.program = replace(place.program, root=order.main)
        yield from self._replace(places)

    def _replace(self, places: list[Place]) -> Iterator[None]:
        before = [place.child for place in places]
        self.supervisor.roll(places)
        while any(place in self.supervisor.rolling for place in places):
            yield
        if any(place.child is child and child is not None for place, child in zip(places, before, strict=True)):
            raise Problem("Not every worker could be replaced; see the supervisor's log.")

    def _lower_sides(self) -> Iterator[None]:
        """Over when its job worker has ended; what the web worker still answers, it answers without holding us up."""
        sides = self._sides()
        for place in sides:
            self.supervisor.dismiss(place)
            if place.program.socket is not None:
                place.program.socket.close()
        while any(place.leaving for place in sides if place.program.lingers is None):
            yield

    def _sides(self) -> list[Place]:
        return [place for place in self.supervisor.places if _is_beside(place) and not place.is_dismissed]

    def _main(self) -> list[Place]:
        """Never one beside, not even one that was dismissed and still answers: its socket is closed."""
        return [place for place in self.supervisor.places if not _is_beside(place)]


def _is_beside(place: Place) -> bool:
    return place.program.name.startswith("beside-")


def _pause(seconds: float) -> Iterator[None]:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        yield


def _unix_socket(place: Path) -> socket.socket:
    with suppress(FileNotFoundError):
        place.unlink()
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    made.bind(os.fspath(place))
    return made
