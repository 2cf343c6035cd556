"""`bin/tillit release`: a release in waves, beside the one that runs, and back."""

from __future__ import annotations

import argparse
import fcntl
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from tillit.availability.actions.work import give_up_work
from tillit.availability.releases import queries
from tillit.availability.releases.actions import plan
from tillit.availability.releases.models import Release
from tillit.foundation.access import Actor
from tillit.foundation.errors import Refused
from tillit.foundation.formats import LANGUAGES
from tillit.foundation.models import Tenant
from tillit.site import rollout, runtime
from tillit.site.candidate import accept, candidate, prepare
from tillit.site.preparation import release as release_in
from tillit.site.problems import Problem
from tillit.site.progress import Progress
from tillit.site.rollout import Order, Routes

PATIENCE = 600.0  # seconds


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    planned = verbs.add_parser("plan", help="plan the release of another checkout, a stage for each wave")
    start = verbs.add_parser("start", help="let the next wave run on it, inside its announced window")
    start.add_argument("--wave", required=True, help="the wave that is next")
    for one in (planned, start):
        one.add_argument("checkout", type=Path, help="where the new release lies, with its environment made")
        one.add_argument("--bake-hours", type=int, default=24, help="hours between two waves, at least (24)")
        for code, name in LANGUAGES:
            one.add_argument(f"--notes-{code}", default="", metavar="TEXT", help=f"what is new, in {name}")
    hold = verbs.add_parser("hold", help="no further wave for now")
    go_on = verbs.add_parser("go-on", help="let a held release go on")
    back = verbs.add_parser("back", help="everything on the release before, without a failed request")
    for one in (hold, go_on, back):
        one.add_argument("--because", default="", help="why; customers read it")
    verbs.add_parser("state", help="which wave runs on which release").add_argument("--json", action="store_true")


def run(options: argparse.Namespace) -> int:
    operator = Tenant.objects.get(kind=Tenant.Kind.OPERATOR)
    verbs: dict[str, Callable[[Actor, argparse.Namespace], int]] = {
        "plan": _plan, "start": _start, "hold": _hold, "go-on": _go_on, "back": _back, "state": _state,
    }  # fmt: skip
    try:
        return verbs[options.verb](Actor.system(operator), options)
    except Refused as refusal:
        raise Problem(str(refusal)) from refusal


def _plan(actor: Actor, options: argparse.Namespace) -> int:
    release = _planned(actor, options, _accepted(options))
    for stage in release.stages.all():
        window = f"{stage.starts_at:%Y-%m-%d %H:%M} UTC" if stage.starts_at else "no window yet"
        sys.stdout.write(f"Wave {stage.wave.upper()}  {stage.percent:3} %  {window}\n")
    return 0


def _start(actor: Actor, options: argparse.Namespace) -> int:
    """One at a time; what an earlier one left open when it was killed ends here."""
    _running(options.data)
    with _alone(options.data):
        give_up_work(actor, job=queries.JOB)
        return _bring(actor, options, _accepted(options))


def _bring(actor: Actor, options: argparse.Namespace, root: Path) -> int:
    """Begin the work, switch, and say how it went; what did not start is not left behind."""
    release = _planned(actor, options, root)
    stage = plan.begin_stage(actor, release=release, wave=options.wave)
    before, progress = rollout.order(options.data), Progress(out=sys.stdout)
    last = len(queries.started(release)) + 1 == release.stages.count()
    wanted = before.with_wave(options.wave, root=root, release=release.version, whole=last)
    try:
        if not before.beside:
            prepare(options.data, root, progress)
        with progress.step(f"Bringing wave {options.wave.upper()} to {release}"):
            _settled(options.data, wanted)
    except BaseException as error:
        if replace(rollout.order(options.data), number=wanted.number) == wanted:  # nobody has ordered otherwise since
            rollout.give(options.data, before)
        plan.end_stage(actor, stage=stage, ok=False, sentence=str(error))
        raise
    plan.end_stage(actor, stage=stage, ok=True)
    if last:
        runtime.remember(options.data, brought=release.version)
    progress.say(f"Wave {options.wave.upper()} runs on {release}.")
    return 0


def _hold(actor: Actor, options: argparse.Namespace) -> int:
    plan.hold_release(actor, release=_on_its_way(), because=options.because)
    return 0


def _go_on(actor: Actor, options: argparse.Namespace) -> int:
    plan.continue_release(actor, release=_on_its_way(), because=options.because)
    return 0


def _back(actor: Actor, options: argparse.Namespace) -> int:
    """The processes first: the way back needs no window. One that is only planned takes none of them back with it."""
    _running(options.data)
    held = rollout.order(options.data)
    release = queries.open_release() or Release.objects.filter(version=held.release, state=Release.State.DONE).first()
    if held.waves and (release is None or release.version == held.release):
        with Progress(out=sys.stdout).step(f"Going back from {held.release}"):
            _settled(options.data, held.taken_back())
    if release is not None:
        plan.roll_back_release(actor, release=release, because=options.because)
    main = release_in(rollout.order(options.data).main)
    runtime.remember(options.data, brought=main)
    sys.stdout.write(f"Everything runs on {main}.\n")
    return 0


def _state(_actor: Actor, options: argparse.Namespace) -> int:
    order, held, release = rollout.order(options.data), rollout.routes(options.data), queries.open_release()
    told = {
        "main": release_in(order.main),
        "beside": {"release": held.release, "waves": sorted(held.waves or {})} if held.waves else None,
        "planned": str(release) if release else None,
        "state": release.state if release else None,
        "gate": queries.verdict(release)[0].outcome if release and queries.started(release) else None,
        "problem": held.problem,
    }
    if options.json:
        sys.stdout.write(json.dumps(told, indent=1) + "\n")
    else:
        sys.stdout.writelines(f"{name.ljust(8)}  {value}\n" for name, value in told.items() if value)
    return 0


def _accepted(options: argparse.Namespace) -> Path:
    """The checkout, whose tables the release that runs can live with."""
    root = candidate(options.checkout)
    sys.stdout.write(accept(options.data, root, rollout.order(options.data).main))
    return root


def _planned(actor: Actor, options: argparse.Namespace, root: Path) -> Release:
    """The release of this checkout that is on its way, planned now where none is."""
    version = release_in(root)
    known = queries.open_release()
    if known is not None and known.version == version:
        return known
    notes = {code: text for code, _name in LANGUAGES if (text := getattr(options, f"notes_{code}"))}
    return plan.plan_release(actor, version=version, notes=notes, bake_hours=options.bake_hours)


def _on_its_way() -> Release:
    release = queries.open_release()
    if release is None:
        raise Problem("No release is on its way.")
    return release


def _running(data: Path) -> None:
    if not runtime.is_running(data):
        raise Problem(f"The Tillit in {data} does not run. Start it with bin/up.")


@contextmanager
def _alone(data: Path) -> Iterator[None]:
    with (data / "release.lock").open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Problem("A wave is being brought to a release already.") from error
        yield


def _settled(data: Path, wanted: Order) -> Routes:
    """Give the order and wait until the supervisor has carried it out. Raises Problem when it could not."""
    given = rollout.give(data, wanted)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        held = rollout.routes(data)
        if held.number == given.number and held.settled:
            if held.problem:
                raise Problem(held.problem)
            return held
        if replace(rollout.order(data), number=given.number) != given:
            raise Problem("Another order came meanwhile.")
        time.sleep(0.1)
    raise Problem(f"It takes longer than usual. Details: {data / 'log' / 'supervisor.log'}")
