"""Who acts, what they may do, and the frame of every action."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec, TypeVar

from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.utils.translation import gettext as _

from tillit.foundation.errors import Refused
from tillit.foundation.models import Tenant, User
from tillit.foundation.standstill import Paused, standstill_of
from tillit.foundation.tenancy import in_tenant

# Every request of a signed-in person asks this; written by hand, it costs a third of what the ORM takes to say it.
MEMBER = "SELECT role FROM foundation_membership WHERE tenant_id = %s AND user_id = %s AND ended_at IS NULL"
P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class Actor:
    """A person (or the system itself, or nobody) acting in one tenant with a set of grants."""

    tenant: Tenant
    user: User | None
    role: str
    grants: frozenset[str]

    @classmethod
    def of(cls, user: User, tenant: Tenant) -> Actor:
        """The person as a member of this tenant; without a membership an actor without grants."""
        with in_tenant(tenant), connection.cursor() as cursor:
            cursor.execute(MEMBER, [tenant.pk, user.pk])
            found = cursor.fetchone()
        role = found[0] if found and user.is_active and tenant.is_open() else ""
        return cls(tenant, user, role, grants_of(role))

    @classmethod
    def nobody(cls, tenant: Tenant) -> Actor:
        return cls(tenant, None, "", frozenset())

    @classmethod
    def system(cls, tenant: Tenant) -> Actor:
        """The product itself, in jobs and on the command line: every grant, no person."""
        return cls(tenant, None, "system", every_grant())

    @property
    def user_id(self) -> int | None:
        return self.user.pk if self.user else None

    def may(self, grant: str) -> bool:
        return grant in self.grants


def require(actor: Actor, grant: str) -> None:
    """The first line of every action. Raises PermissionDenied, which answers 403."""
    if grant not in every_grant():
        raise LookupError(f"No room declares the grant {grant!r}.")
    if grant not in actor.grants:
        raise PermissionDenied(grant)


def action(function: Callable[Concatenate[Actor, P], R]) -> Callable[Concatenate[Actor, P], R]:
    """One transaction in the actor's tenant, in which the ledger's triggers know who acts and what is being done.

    While the tenant may only be read, or announced maintenance is under way, people are refused; the product itself
    goes on.
    """
    name = f"{function.__module__.split('.')[1]}.{function.__name__}"
    always = getattr(function, "even_in_maintenance", False)

    @functools.wraps(function)
    def act(actor: Actor, /, *args: P.args, **kwargs: P.kwargs) -> R:
        if actor.role != "system" and not always:
            _refuse_standstill(actor.tenant)
        with in_tenant(actor.tenant, actor_id=actor.user_id, action=name):
            return function(actor, *args, **kwargs)

    return act


def _refuse_standstill(tenant: Tenant) -> None:
    if tenant.is_read_only():
        raise Refused(_("In maintenance: you can read everything now, and change it again afterwards."))
    if standstill := standstill_of(tenant):
        raise Paused(standstill)


def even_in_maintenance(function: Callable[P, R]) -> Callable[P, R]:
    """Below `@action`: signing in, shutting others out and taking data along work even while it may only be read."""
    vars(function)["even_in_maintenance"] = True
    return function


@functools.cache
def grants_of(role: str) -> frozenset[str]:
    return frozenset(grant for grant, roles in _declared_grants().items() if role in roles)


@functools.cache
def every_grant() -> frozenset[str]:
    return frozenset(_declared_grants())


def _declared_grants() -> dict[str, tuple[str, ...]]:
    declared: dict[str, Any] = {}
    for room in apps.get_app_configs():
        declared.update(getattr(room, "grants", {}))
    return declared
