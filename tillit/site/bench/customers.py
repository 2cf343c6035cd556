"""Tenants to measure in: a large one with an administrator and a token, and small ones beside it."""

from __future__ import annotations

from dataclasses import dataclass

from tillit.foundation.access import Actor
from tillit.foundation.models import Tenant, User
from tillit.site.commands.register import PROFILES
from tillit.tenants.actions.customers import TenantFields, create_tenant, invite_first_administrator
from tillit.tenants.actions.people import Newcomer, accept_invitation
from tillit.tenants.actions.sign_in import create_access_token
from tillit.tenants.queries import guest, host_of
from tillit.trust.actions.register import apply_register
from tillit.trust.register import read_register

NEIGHBOURS = 5
PASSWORD = "quarry-lantern-compass-61"  # noqa: S105 - of an invented person, gone with the data folder


@dataclass(frozen=True)
class Customer:
    tenant: Tenant
    administrator: User
    token: str

    @property
    def host(self) -> str:
        return host_of(self.tenant)

    @property
    def actor(self) -> Actor:
        return Actor.of(self.administrator, self.tenant)


def make_customers() -> tuple[Customer, list[Customer]]:
    """The large one and its neighbours, all empty."""
    boss = Actor.system(Tenant.objects.get(kind=Tenant.Kind.OPERATOR))
    neighbours = [_make(boss, f"neighbour-{number}") for number in range(1, NEIGHBOURS + 1)]
    return _make(boss, "measured"), neighbours


def put_register_into_force() -> None:
    """The example register, so that the public pages have something to say."""
    boss = Actor.system(Tenant.objects.get(kind=Tenant.Kind.OPERATOR))
    apply_register(boss, register=read_register((PROFILES / "seed.toml").read_text()))


def _make(boss: Actor, slug: str) -> Customer:
    fields = TenantFields(slug, f"{slug.capitalize()} AS (invented)", "norway", Tenant.Wave.B, "en", "Europe/Oslo")
    tenant = create_tenant(boss, fields=fields)
    email = f"anna@{slug}.example"
    invitation = invite_first_administrator(boss, tenant=tenant, email=email, name="Anna Lund")
    newcomer = Newcomer("Anna Lund", PASSWORD, "en", tenant.time_zone)
    accept_invitation(guest(tenant, None), token=invitation.token, newcomer=newcomer)
    administrator = User.objects.get(email=email)
    _row, secret = create_access_token(Actor.of(administrator, tenant), name="Measuring")
    return Customer(tenant, administrator, secret)
