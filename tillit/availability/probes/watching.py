"""What the newest samples prove of a part. Reckons in memory; who asks keeps what changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tillit.availability.models import Component
from tillit.availability.models.components import Shown
from tillit.availability.probes.models import Prober, Watch
from tillit.availability.probes.plan import PROBES, Probe, probes_of


@dataclass(frozen=True)
class Verdict:
    """`state`: what is proven of a part, or nothing; `until` when. `failing`: its probes that fail, and since when.

    `settled`: how many times over its probes have succeeded often enough in a row to call an incident over.
    """

    state: str
    until: datetime
    failing: tuple[Probe, ...] = ()
    since: datetime | None = None
    region: str = ""
    settled: float = 0.0


class Board:
    """All that is watched, at one moment."""

    def __init__(self, components: Sequence[Component], probers: Sequence[Prober], watches: Sequence[Watch]) -> None:
        self.components = components
        self.regions = {prober.pk: prober.region for prober in probers}
        self.watches = {(watch.prober_id, watch.probe): watch for watch in watches}
        self.changed: set[Watch] = set()
        self.newest: datetime | None = max((watch.last_at for watch in watches), default=None)
        self._new: list[Watch] = []

    def see(self, prober: Prober, probe: str, at: datetime, ok: bool | None) -> Watch | None:
        """Take in a sample; None when it says nothing of the present: older than what is known, or not measured."""
        watch = self.watches.get((prober.pk, probe))
        if ok is None or (watch and at <= watch.last_at):
            return None
        if watch is None:
            watch = self.watches[(prober.pk, probe)] = Watch(prober=prober, probe=probe, last_at=at)
            watch.save()  # its key is what `changed` knows it by
        watch.last_at = at
        self.newest = max(self.newest or at, at)
        if ok:
            watch.last_ok_at, watch.failing_since = at, None
            watch.fails, watch.goods = 0, watch.goods + 1
        else:
            watch.failing_since = watch.failing_since or at
            watch.fails, watch.goods = watch.fails + 1, 0
        self.changed.add(watch)
        return watch

    def components_of(self, probe: str) -> list[Component]:
        return [one for one in self.components if probe in probes_of(one.slug, one.probes)]

    def verdict(self, component: Component, at: datetime) -> Verdict:
        """What is proven at this moment. One place that reaches it is enough: what fails for one alone is on its way.

        A part that names a probe which nobody runs, or no probe at all, is never proven.
        """
        names = probes_of(component.slug, component.probes)
        groups = [(PROBES.get(name), region, found) for name in names for region, found in self._by_region(name, at)]
        failing = [(probe, region, found) for probe, region, found in groups if probe and _fails(probe, found)]
        if failing:
            state = Shown.worst(*(probe.means for probe, _region, _found in failing))
            until = max(watch.last_at + _fresh(probe) for probe, _region, found in failing for watch in found)
            since = min(watch.failing_since or at for _probe, _region, found in failing for watch in found)
            regions = {region for _probe, region, _found in failing}
            told = next(iter(regions)) if len(set(self.regions.values())) > 1 and len(regions) == 1 else ""
            return Verdict(state, until, tuple(probe for probe, _region, _found in failing), since, told)
        proven = [_proven_until(probe, found) for probe, _region, found in groups if probe]
        measured = {probe.name for probe, _region, found in groups if probe and found}
        until = min((moment for moment in proven if moment), default=at)
        if not names or measured != set(names) or None in proven or until < at:
            return Verdict("", at)
        settled = min(max(watch.goods for watch in found) / probe.good for probe, _region, found in groups if probe)
        return Verdict(Component.State.OPERATIONAL, until, settled=settled)

    def _by_region(self, name: str, at: datetime) -> Iterator[tuple[str, list[Watch]]]:
        """The watches of a probe that tell something fresh, by the region they are about."""
        probe = PROBES.get(name)
        found: dict[str, list[Watch]] = defaultdict(list)
        for (prober, asked), watch in self.watches.items():
            if probe and asked == name and prober in self.regions and watch.last_at + _fresh(probe) >= at:
                found[self.regions[prober]].append(watch)
        yield from found.items()


def _fails(probe: Probe, watches: Iterable[Watch]) -> bool:
    return all(watch.fails >= probe.failing for watch in watches)


def _proven_until(probe: Probe, watches: Iterable[Watch]) -> datetime | None:
    return max((watch.last_ok_at + _fresh(probe) for watch in watches if watch.last_ok_at), default=None)


def _fresh(probe: Probe) -> timedelta:
    return timedelta(seconds=probe.fresh)
