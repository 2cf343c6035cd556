"""Tenancy, locked twice: a scope for the ORM, a setting for PostgreSQL's row-level security.

`in_tenant` opens a transaction, lets the ORM see one tenant and tells PostgreSQL the same for that transaction only.
A query outside of it raises in Python (django-scopes) and finds no row in the database.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from django.db import connection, models, transaction
from django_scopes import ScopedManager, get_scope, scope

if TYPE_CHECKING:
    from tillit.foundation.models import Tenant

_told: ContextVar[Mapping[str, str]] = ContextVar("told", default=MappingProxyType({}))


class TenantModel(models.Model):
    """A noun that belongs to a tenant. Custom querysets: `objects = scoped(MyQuerySet)`."""

    append_only = False  # the application may add rows, not change them; such a table is its own ledger
    operator_reads = False  # rows that both sides of the contract see: row-level security lets the operator in
    ledger_leaves_out: tuple[str, ...] = ()  # housekeeping columns the ledger need not repeat

    tenant = models.ForeignKey("foundation.Tenant", on_delete=models.PROTECT, editable=False, related_name="+")
    objects: Any = ScopedManager(tenant="tenant")

    class Meta:
        abstract = True


def scoped(queryset: type[models.QuerySet[Any]]) -> Any:
    """A manager of this queryset that refuses every query outside a tenant."""
    return ScopedManager(tenant="tenant", _manager_class=models.Manager.from_queryset(queryset))


def current_tenant() -> Tenant | None:
    return get_scope().get("tenant")


@contextmanager
def in_tenant(tenant: Tenant, *, actor_id: int | None = None, action: str = "") -> Iterator[None]:
    """One transaction in which only this tenant's rows exist, for the ORM and for the database.

    Nested use narrows and widens again; a rollback to the savepoint restores the outer settings by itself, because
    PostgreSQL's `SET LOCAL` obeys savepoints. Already inside the same tenant and with nothing new to tell, it costs
    nothing.
    """
    if not action and current_tenant() == tenant and _told.get().get("tillit.tenant") == str(tenant.pk):
        yield
        return
    settings = {"tillit.tenant": str(tenant.pk), "tillit.actor": str(actor_id or ""), "tillit.action": action}
    with transaction.atomic(), scope(tenant=tenant), telling(**settings):
        yield


@contextmanager
def because_of(cause: str) -> Iterator[None]:
    """Mark what is written inside with its cause (`import:12`), so that it can be found and undone as a whole."""
    with transaction.atomic(), telling(**{"tillit.cause": cause}):
        yield


@contextmanager
def telling(**settings: str) -> Iterator[None]:
    """Tell PostgreSQL these settings for the transaction that is open."""
    before = _told.get()
    told = {**before, **settings}
    if told != before:
        _tell(told)
    token = _told.set(told)
    try:
        yield
    except BaseException:
        _told.reset(token)
        raise
    _told.reset(token)
    if _is_nested() and told != before and not connection.needs_rollback:
        _tell(dict.fromkeys(told, "") | dict(before))


def _is_nested() -> bool:
    """Whether an outer transaction or savepoint may already have been told something."""
    return bool(connection.savepoint_ids)


def _tell(settings: dict[str, str]) -> None:
    columns = ", ".join(["set_config(%s, %s, true)"] * len(settings))
    values = [part for item in settings.items() for part in item]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns}", values)
