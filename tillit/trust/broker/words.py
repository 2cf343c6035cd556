"""What the broker's codes mean to people."""

from __future__ import annotations

from typing import NamedTuple

from django.utils.translation import gettext as _

from tillit.foundation import confinement


class Enforcement(NamedTuple):
    """How the workers are kept from the network: the code, a short name, a sentence, and how good that is."""

    level: str
    name: str
    text: str
    tone: str


def enforcement() -> Enforcement:
    """What holds in this very process, which is a worker like the others."""
    level = confinement.level()
    said = {
        "namespace": (
            _("No network at all"),
            _("The programs that work with data run in an empty network namespace: the kernel gives them no network."),
            "good",
        ),
        "landlock": (
            _("Network refused by the kernel"),
            _("The kernel refuses every network connection of the programs that work with data (Landlock, seccomp)."),
            "good",
        ),
        "seccomp": (
            _("Network refused by the kernel"),
            _("The kernel refuses every network connection of the programs that work with data (seccomp)."),
            "good",
        ),
        "landlock-tcp": (
            _("TCP refused by the kernel"),
            _("The kernel refuses TCP connections of the programs that work with data (Landlock), but not UDP."),
            "warn",
        ),
        "hook": (
            _("Refused by the program itself"),
            _("This machine offers no stronger means: the program refuses network connections of its own code only."),
            "warn",
        ),
    }
    nothing = (
        _("Not enforced"),
        _("Nothing but the program's own discipline leads connections through the broker at the moment."),
        "bad",
    )
    return Enforcement(level, *said.get(level, nothing))
