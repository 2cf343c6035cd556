"""What the worker does by the clock."""

from __future__ import annotations

from tillit.availability import lastcopy
from tillit.availability.actions import mails, notices, plan, reminders, work
from tillit.foundation.access import Actor
from tillit.foundation.jobs import CLOCK, by_the_clock, job


@by_the_clock("availability.announce_due_windows", cron="7 * * * *")  # every hour: a worker may have slept through one
def announce_due_windows(actor: Actor) -> None:
    plan.announce_due_windows(actor)


@job("availability.remind_of_promise")
def remind_of_promise(actor: Actor, *, incident_id: int) -> None:
    reminders.remind_of_promise(actor, incident_id=incident_id)


@by_the_clock("availability.prove_notices", cron="*/2 * * * *")
@job("availability.prove_told_notices", queue=CLOCK)  # at once, when something was announced
def prove_notices(actor: Actor) -> None:
    work.prove_notices(actor)


@by_the_clock("availability.count_notices", cron="*/2 * * * *")
def count_notices(actor: Actor) -> None:
    notices.count_notices(actor)


@by_the_clock("availability.keep_copy", cron="* * * * *")
@job("availability.keep_changed_copy", queue=CLOCK)
def keep_copy(actor: Actor) -> None:
    del actor  # a file of the data folder, no tenant's
    lastcopy.write()


@job("availability.mail_notice")
def mail_notice(actor: Actor, *, window_id: int, after: int = 0) -> None:
    mails.mail_notice(actor, window_id=window_id, after=after)
