"""Work for later, deferred in the transaction that wants it. Every job may run twice and must not mind.

A job function takes the actor first and JSON values after it. The actor is rebuilt when the job runs, so a person
whose membership ended meanwhile has no grants left.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import close_old_connections, connection, transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued, TaskNotFound

from tillit.foundation.access import Actor
from tillit.foundation.models import Tenant, User

JobFunction = Callable[..., None]
CLOCK = "default"  # the queue of what the clock starts, and of what waits for no customer's work
registered: dict[str, JobFunction] = {}
apart: dict[str, str] = {}  # jobs that wait in a queue of their own, whosever they are


def job(name: str, **options: Any) -> Callable[[JobFunction], JobFunction]:
    """Register a function as a job, in a room's `jobs.py`. Options are Procrastinate's (`retry`, `queue`, `lock`)."""

    def register(function: JobFunction) -> JobFunction:
        def run(*, actor: dict[str, Any], **arguments: Any) -> None:
            _renew_connection()
            function(_actor_from(actor), **arguments)

        registered[name] = run
        if "queue" in options:
            apart[name] = options["queue"]
        app.task(name=name, **options)(run)
        return function

    return register


def later(
    name: str, actor: Actor, *, at: datetime | None = None, only_one: str | None = None, **arguments: Any
) -> None:
    """Defer a job; it becomes visible to workers when the open transaction commits.

    `only_one`: while a job with this key is waiting, a second one is not added.
    """
    if name not in registered:
        raise TaskNotFound(f"No room has a job named {name!r}.")
    queue = apart.get(name) or queue_of(actor.tenant.wave)
    task = app.configure_task(name, allow_unknown=False, schedule_at=at, queueing_lock=only_one, queue=queue)
    try:
        with transaction.atomic():  # that it waits already must not break the transaction that wants it again
            task.defer(actor=_actor_as_json(actor), **arguments)
    except AlreadyEnqueued:
        return


def queue_of(wave: str) -> str:
    """Where the jobs of a wave's tenants wait, so that the release their tenant is on can run them."""
    return f"wave-{wave}"


def by_the_clock(name: str, cron: str, *, queue: str = "") -> Callable[[JobFunction], JobFunction]:
    """Register a job that the worker starts by the clock (five cron fields, UTC), as the operator's system.

    `queue`: where it waits, if not with the others. One that waits there keeps no release from its own that knows
    nothing of this queue.
    """

    def register(function: JobFunction) -> JobFunction:
        def run(**_timestamp: int) -> None:
            _renew_connection()
            operator = Tenant.objects.filter(kind=Tenant.Kind.OPERATOR).first()
            if operator is not None:
                function(Actor.system(operator))

        if queue:
            apart[name] = queue
        task = app.task(name=name, queue=queue or CLOCK, queueing_lock=f"{name}@{queue}" if queue else name)
        app.periodic(cron=cron, periodic_id=name)(task(run))
        return function

    return register


def _renew_connection() -> None:
    """The worker's threads live long; the database may have been restarted meanwhile."""
    if not connection.in_atomic_block:
        close_old_connections()


def _actor_as_json(actor: Actor) -> dict[str, Any]:
    return {"tenant": actor.tenant.pk, "user": actor.user_id, "system": actor.role == "system"}


def _actor_from(data: dict[str, Any]) -> Actor:
    tenant = Tenant.objects.get(pk=data["tenant"])
    if data["system"]:
        return Actor.system(tenant)
    return Actor.of(User.objects.get(pk=data["user"]), tenant) if data["user"] else Actor.nobody(tenant)
