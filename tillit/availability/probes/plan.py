"""What is measured, how often, and what a failure means: data, also for the prober, which knows no Django."""

from __future__ import annotations

from dataclasses import dataclass

OUTSIDE, INSIDE = "outside", "inside"


@dataclass(frozen=True)
class Probe:
    """One question to the service.

    `every`, `patience`: seconds between two, and for an answer. `means`: the state of a part whose probe fails.
    `failing`: failures in a row that count; `good`: good ones in a row until an incident is over.
    `explained_by`: effects of announced maintenance in which a failure is what was announced.
    `optional`: asked only where the operator's settings name what it is about; else what needs it is unknown.
    """

    name: str
    place: str
    every: int
    patience: float
    means: str
    failing: int = 3
    good: int = 15
    explained_by: tuple[str, ...] = ("offline",)
    optional: bool = False

    @property
    def fresh(self) -> int:
        """Seconds for which a sample proves anything: two may be missed."""
        return 3 * self.every

    @property
    def slot(self) -> int:
        """Minutes that one verdict of the uptime stands for."""
        return max(1, self.every // 60)


PROBES = {
    probe.name: probe
    for probe in (
        Probe("sign-in", OUTSIDE, 60, 10, "major_outage", good=5),  # a real sign-in of the probes' account
        Probe("list-page", OUTSIDE, 20, 10, "major_outage"),  # the list of companies, signed in
        Probe("api", OUTSIDE, 20, 10, "major_outage"),  # the same list, by token
        Probe("jobs", INSIDE, 60, 30, "partial_outage", good=5),  # a job deferred and done
        Probe("mail-out", INSIDE, 300, 120, "partial_outage", failing=2, good=2),  # queue, worker, the relay's door
        Probe("documents", INSIDE, 300, 10, "partial_outage", 2, 2, ("offline", "read_only")),  # written, read, removed
        # by the relay into our own mailbox, which is read every minute, and taken in there
        Probe("mail-in", INSIDE, 300, 180, "partial_outage", failing=2, good=2, optional=True),
    )
}

# Which probes prove a part of the register that names none itself (`probes = [...]`).
OF_COMPONENT = {
    "sign-in": ("sign-in",),
    "crm": ("list-page", "jobs", "documents"),
    "api": ("api",),
    "mail": ("mail-out",),
    "mail-in": ("mail-in",),
}


def probes_of(slug: str, named: list[str]) -> tuple[str, ...]:
    """The names of the probes that have to prove a part; none: it cannot be measured, and stays unknown."""
    return tuple(named) or OF_COMPONENT.get(slug, ())
