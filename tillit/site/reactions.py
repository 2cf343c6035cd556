"""What the processes owe to events: a release that was taken back runs nowhere any more."""

from __future__ import annotations

from tillit.foundation.access import Actor
from tillit.foundation.events import reaction
from tillit.foundation.models import Event
from tillit.site import rollout, runtime


@reaction("releases.rolled_back")
def rolled_back(_actor: Actor, _event: Event) -> None:
    data = runtime.data_folder()
    if rollout.order(data).waves:
        rollout.give(data, rollout.order(data).taken_back())
