"""Releases as everybody may read them, and what their changes put into the public trust log."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from tillit.availability import statuspage
from tillit.availability.releases import cohorts, judging, queries
from tillit.availability.releases.models import Draw, Hold, Release, Stage
from tillit.foundation.models import Event

Json = dict[str, Any]


def release(event: Event) -> Json:
    """A release with its stages and holds; never who held it."""
    found = Release.objects.prefetch_related("stages", "holds").get(pk=event.subject_id or 0)
    return {"subject": f"releases/{found.pk}", "content": _logged(as_json(found))}


def draw(event: Event) -> Json:
    """The seed from which everybody can recompute a wave."""
    found = Draw.objects.get(pk=event.subject_id or 0)
    return {"subject": "releases/draw", "content": draw_as_json(found)}


def as_json(found: Release) -> Json:
    return {
        "version": found.version,
        "state": found.state,
        "notes": found.notes,
        "least_hours_between_waves": found.bake_hours,
        "planned_at": statuspage.moment(found.planned_at),
        "ended_at": statuspage.moment(found.ended_at) if found.ended_at else None,
        "stages": [_stage(stage) for stage in found.stages.all()],
        "holds": [_held(hold) for hold in found.holds.all()],
    }


def draw_as_json(found: Draw) -> Json:
    return {"seed": found.seed, "drawn_at": statuspage.moment(found.drawn_at), "rule": cohorts.RULE}


def everything() -> Json:
    """`/status/releases.json`."""
    drawn = queries.newest_draw()
    return {
        "waves": [{"wave": wave, "percent": percent} for wave, percent in sorted(queries.percents().items())],
        "draw": draw_as_json(drawn) if drawn else None,
        "gate": asdict(judging.GATE) | {"bounds_ms": list(judging.BOUNDS)},
        "releases": [as_json(found) for found in queries.releases()],
    }


def _stage(stage: Stage) -> Json:
    times = {"window_starts_at": stage.starts_at, "window_ends_at": stage.ends_at, "started_at": stage.started_at}
    told = {name: statuspage.moment(at) if at else None for name, at in times.items()}
    return {"wave": stage.wave, "percent": stage.percent, **told}


def _held(hold: Hold) -> Json:
    return {
        "held_at": statuspage.moment(hold.held_at),
        "by": "gate" if hold.worse else "operator",
        "worse": hold.worse,
        "because": hold.because,
        "figures": hold.figures,
        "lifted_at": statuspage.moment(hold.lifted_at) if hold.lifted_at else None,
        "lifted_because": hold.lifted_because,
    }


def _logged(told: Json) -> Json:
    """The log knows no fractions: rates stay out, the counts they come from stay in."""
    for hold in told["holds"]:
        hold["figures"] = {
            side: {name: count for name, count in figures.items() if isinstance(count, int)}
            for side, figures in hold["figures"].items()
        }
    return told
