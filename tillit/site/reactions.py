"""What the processes owe to events: a release that was taken back runs nowhere any more."""

from __future__ import annotations

from tillit.availability.releases.models import Release
from tillit.foundation.access import Actor
from tillit.foundation.events import reaction
from tillit.foundation.models import Event
from tillit.site import rollout, runtime


@reaction("releases.rolled_back")
def rolled_back(_actor: Actor, event: Event) -> None:
    """Only where that release runs: one that was merely planned takes no other back with it."""
    data = runtime.data_folder()
    ordered = rollout.order(data)
    if ordered.waves and Release.objects.filter(pk=event.subject_id or 0, version=ordered.release).exists():
        rollout.give(data, ordered.taken_back())
