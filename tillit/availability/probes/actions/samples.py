"""Samples, from wherever they come: kept, watched, and turned into states and incidents of the parts they prove."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tillit.availability.actions.measuring import ONE_KEEPER, Proof, take_measurement
from tillit.availability.models import Component
from tillit.availability.once import one_at_a_time
from tillit.availability.probes.following import Follower
from tillit.availability.probes.models import Prober, Sample, SampleDay, Watch
from tillit.availability.probes.plan import PROBES
from tillit.availability.probes.watching import Board
from tillit.foundation.access import Actor, action, require
from tillit.foundation.clock import now

EARLY = timedelta(seconds=60)  # a clock may be ahead of ours by so much
LATE = timedelta(hours=36)  # what a prober may keep while it cannot deliver; a day is closed later than that


@dataclass(frozen=True)
class Measured:
    """One answer: `ok` None where the prober itself had no network; `what`: how it failed, in a word."""

    probe: str
    at: datetime
    ok: bool | None
    milliseconds: int | None = None
    what: str = ""


@dataclass(frozen=True)
class Taken:
    """How many samples were new, how many were known already, and why which of them was not taken."""

    new: int
    known: int
    refused: dict[str, int]


@action
def take_samples(actor: Actor, *, prober: Prober, samples: Sequence[Measured]) -> Taken:
    """Keep these samples of a prober, and let the parts they are about follow. Delivered twice they count once."""
    require(actor, "probes.measure")
    at = now()
    # One delivery after the other: incidents open once. Parts are locked later, after their incident, as people do it.
    list(Prober.objects.select_for_update().order_by("pk"))
    Prober.objects.filter(pk=prober.pk).update(heard_at=at)
    fit, refused = _sorted_out(samples, at)
    known = set(_known(prober, fit))
    new = sorted({(one.probe, one.at): one for one in fit if (one.probe, one.at) not in known}.values(), key=_moment)
    Sample.objects.bulk_create(
        Sample(prober=prober, probe=one.probe, at=one.at, ok=one.ok, milliseconds=one.milliseconds, what=one.what)
        for one in new
    )
    one_at_a_time(ONE_KEEPER)
    _follow(actor, prober, new)
    return Taken(len(new), len(fit) - len(new), refused)


@action
def note_refusal(actor: Actor, *, prober: Prober) -> None:
    """Keep that a delivery it had signed could not be read: it sets such samples aside, and the operator is told."""
    require(actor, "probes.measure")
    Prober.objects.filter(pk=prober.pk).update(refused_at=now())


def _sorted_out(samples: Iterable[Measured], at: datetime) -> tuple[list[Measured], dict[str, int]]:
    closed = set(SampleDay.objects.filter(day__gte=(at - LATE).date()).values_list("day", flat=True))
    fit, refused = [], dict.fromkeys(("unknown_probe", "too_early", "too_late"), 0)
    for one in samples:
        if one.probe not in PROBES:
            refused["unknown_probe"] += 1
        elif one.at > at + EARLY:
            refused["too_early"] += 1
        elif one.at < at - LATE or one.at.astimezone(UTC).date() in closed:
            refused["too_late"] += 1
        else:
            fit.append(one)
    return fit, {reason: number for reason, number in refused.items() if number}


def _known(prober: Prober, samples: Sequence[Measured]) -> Iterable[tuple[str, datetime]]:
    moments = [one.at for one in samples]
    return Sample.objects.filter(prober=prober, at__in=moments).values_list("probe", "at")


def _moment(one: Measured) -> datetime:
    return one.at


def _follow(actor: Actor, prober: Prober, samples: Sequence[Measured]) -> None:
    """Let every sample in its turn change what is known, so that an outage told afterwards is an incident, too."""
    probers = list(Prober.objects.at_work())
    board = Board(list(Component.objects.in_service()), probers, list(Watch.objects.filter(prober__in=probers)))
    follower = Follower(actor, board)
    touched: dict[str, Component] = {}
    for one in samples:
        watch = board.see(prober, one.probe, one.at, one.ok)
        if watch is None:
            continue
        for component in board.components_of(one.probe):
            touched[component.slug] = component
            follower.follow(component, one.at)
    for watch in board.changed:
        watch.save()
    for component in touched.values():
        verdict = board.verdict(component, board.newest or now())
        if verdict.state:
            proof = Proof(verdict.state, board.newest or now(), verdict.until)
            take_measurement(actor, component=component, proof=proof)
