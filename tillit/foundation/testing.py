"""The cast of every test: the operator; Anna, her colleague Ben who may only read, Chiara from another company.

People and companies are invented. Each person is a Django test client, signed in on the tenant's host.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import connection
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from tillit.foundation.access import Actor
from tillit.foundation.jobs import registered
from tillit.foundation.models import Event, Membership, Role, Tenant, User
from tillit.foundation.tenancy import in_tenant

PASSWORD = "a long enough secret of the cast"


class QuickArgon2(Argon2PasswordHasher):
    """The real algorithm with the least effort: tests sign in some hundred times."""

    time_cost, memory_cost, parallelism = 1, 64, 1


class Person(Client):
    """Somebody with a browser: a test client on a tenant's host."""

    def __init__(self, tenant: Tenant, user: User | None = None) -> None:
        super().__init__(HTTP_HOST=host_of(tenant), HTTP_ACCEPT_LANGUAGE="en")
        self.tenant = tenant
        self.user = user
        if user is not None:
            self.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])

    @property
    def actor(self) -> Actor:
        return Actor.of(self.user, self.tenant) if self.user else Actor.nobody(self.tenant)


def host_of(tenant: Tenant) -> str:
    return settings.BASE_HOST if tenant.is_operator else f"{tenant.slug}.{settings.BASE_HOST}"


def make_tenant(slug: str, name: str, **values: Any) -> Tenant:
    return Tenant.objects.create(slug=slug, name=name, **values)


def make_person(tenant: Tenant, name: str, role: str, **values: Any) -> Person:
    """A user with this role, signed in. The address is `<first name>@<tenant>.example`."""
    user = User(email=f"{name.split()[0].lower()}@{tenant.slug}.example", name=name, **values)
    user.set_unusable_password()
    user.save()
    with in_tenant(tenant):
        Membership.objects.create(tenant=tenant, user=user, role=role)
    return Person(tenant, user)


@pytest.fixture
def operator_tenant(db: None) -> Tenant:
    """Made by `prepare`, as in every installation; here it has a name."""
    tenant = Tenant.objects.get(kind=Tenant.Kind.OPERATOR)
    tenant.name = "Tillit Drift (invented)"
    tenant.save(update_fields=["name"])
    return tenant


@pytest.fixture
def fjordlys(operator_tenant: Tenant) -> Tenant:
    return make_tenant("fjordlys", "Fjordlys AS (invented)", wave=Tenant.Wave.A)


@pytest.fixture
def alpenrose(operator_tenant: Tenant) -> Tenant:
    return make_tenant("alpenrose", "Alpenrose GmbH (invented)", language="de")


@pytest.fixture
def operator(operator_tenant: Tenant) -> Person:
    return make_person(operator_tenant, "Olav Drift", Role.OPERATOR)


@pytest.fixture
def anna(fjordlys: Tenant) -> Person:
    return make_person(fjordlys, "Anna Lund", Role.ADMINISTRATOR)


@pytest.fixture
def mia(fjordlys: Tenant) -> Person:
    return make_person(fjordlys, "Mia Berg", Role.MEMBER)


@pytest.fixture
def ben(fjordlys: Tenant) -> Person:
    return make_person(fjordlys, "Ben Hansen", Role.READER)


@pytest.fixture
def chiara(alpenrose: Tenant) -> Person:
    return make_person(alpenrose, "Chiara Rossi", Role.ADMINISTRATOR)


@pytest.fixture
def public(operator_tenant: Tenant) -> Person:
    return Person(operator_tenant)


def public_of(tenant: Tenant) -> Person:
    return Person(tenant)


def happened(name: str) -> bool:
    """Whether any tenant has an event of this name."""
    return any(name in names_in(tenant) for tenant in Tenant.objects.all())


def names_in(tenant: Tenant) -> list[str]:
    with in_tenant(tenant):
        return list(Event.objects.order_by("id").values_list("name", flat=True))


def queued(name: str) -> bool:
    return ProcrastinateJob.objects.filter(task_name=name, status="todo").exists()


def run_jobs(limit: int = 100) -> int:
    """Run what waits, oldest first and in this process, with no tenant active; returns how many ran."""
    for count in range(limit):
        waiting = ProcrastinateJob.objects.filter(status="todo").order_by("id").first()
        if waiting is None:
            return count
        with connection.cursor() as cursor:
            cursor.execute("UPDATE procrastinate_jobs SET status = 'succeeded' WHERE id = %s", [waiting.pk])
        registered[waiting.task_name](**waiting.args)
    raise AssertionError(f"More than {limit} jobs: does one defer itself?")
