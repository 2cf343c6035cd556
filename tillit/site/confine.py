"""Take the network away from a worker: every wall the machine allows, one on top of the other.

    python -m tillit.site.confine          which walls this user may put up on this machine, as JSON

`TILLIT_CONFINEMENT` names a level the operator insists on. The walls are irrevocable, so each is tried in a process
that ends, and a worker gets them before its first thread.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence

from tillit.foundation import confinement
from tillit.site.listening import locked
from tillit.site.problems import Problem
from tillit.site.runtime import ROOT
from tillit.site.walls import capabilities, hook, landlock, namespace, seccomp

WALLS = {
    "namespace": namespace.put_up,
    "landlock": landlock.put_up,
    "seccomp": seccomp.put_up,
    "hook": hook.put_up,
}
OF_THE_KERNEL = ("namespace", "landlock", "seccomp")
ASKED = {
    "": tuple(WALLS),  # the strongest there is
    "namespace": tuple(WALLS),
    "landlock": ("landlock", "seccomp", "hook"),
    "hook": ("hook",),
    "none": (),
}
SEE = "See docs/running.md, «Workers without network»."


def choose(asked: str) -> tuple[str, ...]:
    """The walls for workers, given what the operator asks for («»: the strongest).

    Raises Problem when that is no level, or impossible here.
    """
    if asked not in ASKED:
        names = ", ".join(filter(None, ASKED))
        raise Problem(f"TILLIT_CONFINEMENT is «{asked}»; it can be one of {names}.")
    wanted = ASKED[asked]
    reasons = possible()
    walls = tuple(name for name in wanted if not reasons[name])
    if asked == "namespace" and "namespace" not in walls:
        raise Problem(f"TILLIT_CONFINEMENT=namespace is impossible here ({reasons['namespace']}). {SEE}")
    if asked == "landlock" and not set(walls) & set(OF_THE_KERNEL):
        raise Problem(f"TILLIT_CONFINEMENT=landlock is impossible here ({reasons['landlock']}). {SEE}")
    return walls


def level_of(walls: Sequence[str]) -> str:
    """The level of `tillit.foundation.confinement` that these walls make."""
    if "landlock" in walls and "seccomp" not in walls and "namespace" not in walls:
        return "landlock-tcp"
    return next((level for level in confinement.LEVELS if level in walls), "none")


def possible() -> dict[str, str]:
    """Wall -> why this user cannot have it on this machine; empty where he can. Tried in another process."""
    command = [sys.executable, "-P", "-m", "tillit.site.confine"]
    values = os.environ | {"PYTHONPATH": str(ROOT)}
    said = subprocess.run(command, env=values, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    reasons: dict[str, str] = json.loads(said)
    return reasons


def put_up(walls: Sequence[str]) -> None:
    """Confine this process and all it will start. Before any thread, because the kernel binds threads one by one.

    A wall that the machine refuses is left out and told in `confinement.details()`.
    """
    for name in filter(OF_THE_KERNEL.__contains__, walls):
        _try(name)
    if set(walls) & set(OF_THE_KERNEL):
        capabilities.give_up()
    if "hook" in walls:
        _try("hook")
    look_at_served_socket()


def look_at_served_socket() -> None:
    """Whether the socket this process serves, if any, can only take calls."""
    served = os.environ.get("TILLIT_LISTEN_FD", "")
    confinement.proved("served_socket", int(not served or locked(int(served))))


def _try(name: str) -> None:
    try:
        WALLS[name]()
    except OSError as error:
        confinement.missing(name, error.strerror or str(error))


def _trials() -> dict[str, str]:
    reasons = {}
    for name, wall in WALLS.items():
        try:
            namespace.in_a_trial(wall)
            reasons[name] = ""
        except OSError as error:
            reasons[name] = error.strerror or str(error)
    return reasons


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_trials()) + "\n")
