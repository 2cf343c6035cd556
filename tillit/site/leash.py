"""The start of every Python child of the supervisor: end when it ends, then run the module asked for.

    python -m tillit.site.leash MODULE [ARGUMENTS...]

The child holds the read end of a pipe (`TILLIT_LEASH_FD`) whose other end only the supervisor holds. When the
supervisor dies, even by `kill -9`, the pipe closes and the child ends as if asked to by SIGTERM, or at once if it does
not manage within some seconds. The kernel's own notice (Linux) comes on top, for a child that is too busy to read.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading
import time

from tillit.site import unprivileged

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
    handle = os.environ.pop("TILLIT_LEASH_FD", "")
    if handle:
        unprivileged.die_with_parent(signal.SIGTERM)
        hold(int(handle))
    module, *rest = arguments
    sys.argv = [module, *rest]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(sys.argv[1:])
