"""The demo's cloud: invented tenants and the people who work there, made by the room's own actions."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from tillit.foundation.access import Actor
from tillit.foundation.models import Role, Tenant, User
from tillit.tenants.actions.customers import TenantFields, create_tenant, invite_first_administrator
from tillit.tenants.actions.people import Newcomer, accept_invitation, invite_person
from tillit.tenants.actions.sign_in import create_access_token
from tillit.tenants.queries import guest, host_of

WORDS = (
    "fjord", "lantern", "harbour", "birch", "saddle", "glacier", "copper", "meadow", "violin", "anchor",
    "juniper", "compass", "heather", "quarry", "beacon", "thistle", "marble", "orchard", "willow", "kettle",
)  # fmt: skip


@dataclass(frozen=True)
class Colleague:
    name: str
    role: str
    language: str


@dataclass(frozen=True)
class Customer:
    fields: TenantFields
    people: tuple[Colleague, ...]


OPERATORS = (Colleague("Olav Drift", Role.OPERATOR, "en"), Colleague("Ingrid Vakt", Role.OPERATOR, "nb"))
CUSTOMERS = (
    Customer(
        TenantFields("fjordlys", "Fjordlys AS (demo)", "norway", Tenant.Wave.A, "nb", "Europe/Oslo"),
        (
            Colleague("Anna Lund", Role.ADMINISTRATOR, "en"),
            Colleague("Mia Berg", Role.MEMBER, "nb"),
            Colleague("Ben Hansen", Role.READER, "nb"),
        ),
    ),
    Customer(
        TenantFields("alpenrose", "Alpenrose GmbH (demo)", "norway", Tenant.Wave.B, "de", "Europe/Zurich"),
        (
            Colleague("Chiara Rossi", Role.ADMINISTRATOR, "de"),
            Colleague("Urs Keller", Role.MEMBER, "de"),
            Colleague("Lea Frei", Role.READER, "de"),
        ),
    ),
    Customer(
        TenantFields("hansekontor", "Hansekontor GmbH (demo)", "norway", Tenant.Wave.B, "de", "Europe/Berlin"),
        (
            Colleague("Jonas Petersen", Role.ADMINISTRATOR, "de"),
            Colleague("Greta Voss", Role.MEMBER, "en"),
        ),
    ),
)


def make_customers(operator: Tenant) -> list[Tenant]:
    """The operator's staff, three customers and their people; in the order of `CUSTOMERS`."""
    boss = Actor.system(operator)
    for colleague in OPERATORS:
        _join(operator, invite_person(boss, **_invitation(operator, colleague)).token, colleague)
    return [_make_customer(boss, customer) for customer in CUSTOMERS]


def _make_customer(boss: Actor, customer: Customer) -> Tenant:
    tenant = create_tenant(boss, fields=customer.fields)
    first, *others = customer.people
    invitation = invite_first_administrator(boss, tenant=tenant, email=email_of(tenant, first), name=first.name)
    _join(tenant, invitation.token, first)
    administrator = Actor.of(User.objects.get(email=email_of(tenant, first)), tenant)
    for colleague in others:
        _join(tenant, invite_person(administrator, **_invitation(tenant, colleague)).token, colleague)
    return tenant


def _invitation(tenant: Tenant, colleague: Colleague) -> dict[str, str]:
    return {
        "email": email_of(tenant, colleague), "name": colleague.name,
        "role": colleague.role, "language": colleague.language,
    }  # fmt: skip


def _join(tenant: Tenant, token: str, colleague: Colleague) -> None:
    newcomer = Newcomer(colleague.name, password_of(colleague), colleague.language, tenant.time_zone)
    accept_invitation(guest(tenant, None), token=token, newcomer=newcomer)


def email_of(tenant: Tenant, colleague: Colleague) -> str:
    return f"{colleague.name.split()[0].lower()}@{tenant.slug}.example"


def password_of(colleague: Colleague) -> str:
    """Three words and a number, always the same for the same person: these sign-ins are printed and public."""
    digest = hashlib.sha256(f"tillit demo {colleague.name}".encode()).digest()
    return "-".join(WORDS[byte % len(WORDS)] for byte in digest[:3]) + f"-{digest[3] % 90 + 10}"


def sign_ins(operator: Tenant) -> list[dict[str, Any]]:
    """What scripts need of everybody: name, e-mail, password, tenant, host, role and a fresh API token."""
    told = []
    teams = [(operator, OPERATORS), *((Tenant.objects.get(slug=c.fields.slug), c.people) for c in CUSTOMERS)]
    for tenant, people in teams:
        for colleague in people:
            actor = Actor.of(User.objects.get(email=email_of(tenant, colleague)), tenant)
            _row, secret = create_access_token(actor, name="Demo")
            told.append(
                {
                    "name": colleague.name,
                    "email": email_of(tenant, colleague),
                    "password": password_of(colleague),
                    "tenant": tenant.slug,
                    "host": host_of(tenant),
                    "role": colleague.role,
                    "token": secret,
                }
            )
    return told
