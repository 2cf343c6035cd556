"""What the worker does by the clock."""

from __future__ import annotations

from tillit.availability.releases.actions import plan, waves
from tillit.foundation.access import Actor
from tillit.foundation.jobs import by_the_clock


@by_the_clock("releases.judge", cron="* * * * *")
def judge(actor: Actor) -> None:
    plan.judge_release(actor)


@by_the_clock("releases.keep_order", cron="41 * * * *")
def keep_order(actor: Actor) -> None:
    waves.apply_waves(actor)
    plan.forget_counts(actor)
