"""Root without root's rights: what is left is to read and write files, which the data folder may need.

Others lose those as well that a user namespace of their own brought them.
"""

from __future__ import annotations

import ctypes
import os
from contextlib import suppress

from tillit.site.unprivileged import CAPABILITY_VERSION_3, Header, Sets
from tillit.site.walls.system import call

PR_CAPBSET_DROP, PR_CAP_AMBIENT, AMBIENT_CLEAR_ALL = 24, 47, 4
FILES = 0b1111  # CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER


def give_up() -> None:
    """Without this, a worker of root's could go back into the machine's network, or into the supervisor's memory."""
    mask = FILES if os.geteuid() == 0 else 0
    for number in range(64):
        if not mask & 1 << number:
            with suppress(OSError):  # not root, or the last number was passed: then there is none to lose
                call("prctl", PR_CAPBSET_DROP, number, 0, 0, 0)
    with suppress(OSError):
        call("prctl", PR_CAP_AMBIENT, AMBIENT_CLEAR_ALL, 0, 0, 0)
    header, sets = Header(CAPABILITY_VERSION_3, 0), (Sets * 2)()
    call("capget", ctypes.byref(header), sets)
    kept = [part.permitted & mask if index == 0 else 0 for index, part in enumerate(sets)]
    call("capset", ctypes.byref(header), (Sets * 2)(*[Sets(mask, mask, 0) for mask in kept]))
