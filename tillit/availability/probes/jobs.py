"""What the worker does by the clock, and the job that a probe asks for."""

from __future__ import annotations

from tillit.availability.probes.actions import account, days, inside
from tillit.foundation.access import Actor
from tillit.foundation.jobs import by_the_clock, job


@by_the_clock("probes.ask_inside", cron="* * * * *")
def ask_inside(actor: Actor) -> None:
    account.provide_account(actor)
    inside.ask_inside(actor)


@by_the_clock("probes.reckon_days", cron="1-59/5 * * * *")
def reckon_days(actor: Actor) -> None:
    reckoned = days.reckon_days(actor)
    days.pack_months(actor, reckoned=reckoned)


@job("probes.answer_errand")
def answer_errand(actor: Actor, *, errand_id: int) -> None:
    inside.answer_errand(actor, errand_id=errand_id)
