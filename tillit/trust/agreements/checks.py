"""What the running system is asked about its agreements; see `tillit.foundation.checks`."""

from __future__ import annotations

from django.utils.translation import gettext_noop

from tillit.foundation.checks import Finding
from tillit.trust.agreements import queries


def in_step() -> Finding:
    """Every version in force says the values the register has today."""
    held, stale = len(queries.in_force()), queries.stale()
    if stale:
        names = {name for names in stale.values() for name in names}
        figures = {"documents": ", ".join(sorted(stale)), "variables": ", ".join(sorted(names))}
        told = gettext_noop("Agreements say other values than the register: %(documents)s (%(variables)s).")
        return Finding(ok=False, sentence=told, figures=figures)
    told = gettext_noop("All %(count)s agreements in force say what the register says.")
    return Finding(ok=True, sentence=told, figures={"count": held})
