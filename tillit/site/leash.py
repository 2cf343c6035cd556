"""The start of every Python child of the supervisor: end when it ends, then run the module asked for.

    python -m tillit.site.leash [--confine=WALL,WALL] MODULE [ARGUMENTS...]

The child holds the read end of a pipe (`TILLIT_LEASH_FD`) whose other end only the supervisor holds. When the
supervisor dies, even by `kill -9`, the pipe closes and the child ends as if asked to by SIGTERM, or at once if it does
not manage within some seconds. The kernel's own notice (Linux) comes on top, for a child that is too busy to read.

`--confine` takes the network away before anything else happens (`confine.py`).
"""

from __future__ import annotations

import importlib
import os
import runpy
import signal
import sys
import threading
import time
from contextlib import suppress

from tillit.foundation import confinement
from tillit.site import confine, unprivileged
from tillit.site.gently import gently, wished

CONFINE = "--confine="
GRACE = 10.0  # seconds a child has to end in order once the supervisor is gone


def hold(handle: int) -> None:
    """End this process once the other side of the pipe `handle` closes."""
    threading.Thread(target=_wait, args=(handle,), name="leash", daemon=True).start()


def _wait(handle: int) -> None:
    while os.read(handle, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE)
    os._exit(1)


def main(arguments: list[str]) -> None:
    walls = [argument for argument in arguments[:1] if argument.startswith(CONFINE)]
    if walls:
        _confine(walls[0].removeprefix(CONFINE))
    put_on()  # after the walls: a thread that began before would stand outside of them
    module, *rest = arguments[len(walls) :]
    if wished():
        with suppress(Exception):  # told below, where it is imported to be run
            gently(lambda: importlib.import_module(module))
        sys.modules.pop(module, None)  # what it imported stays
    sys.argv = [module, *rest]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def put_on() -> None:
    """End when the supervisor does, from now on; nothing where it gave no leash."""
    handle = os.environ.pop("TILLIT_LEASH_FD", "")
    if handle:
        unprivileged.die_with_parent(signal.SIGTERM)
        hold(int(handle))


def _confine(walls: str) -> None:
    """End instead of going on with less than the operator insists on."""
    asked = os.environ.get("TILLIT_CONFINEMENT", "")
    confine.put_up(walls.split(","))
    if asked and not confinement.at_least(asked):
        sys.exit(f"TILLIT_CONFINEMENT={asked}, and this process got no further than «{confinement.level()}».")


if __name__ == "__main__":
    main(sys.argv[1:])
