"""The account by which probes sign in, in a tenant of its own: nobody's customer, without anybody's data."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings

from tillit.availability.probes.actions.probers import OURS
from tillit.availability.probes.models import Prober
from tillit.availability.probes.prober.folder import account_file, key_file, read_account
from tillit.availability.probes.signing import public_of, read_key
from tillit.foundation import wholefile
from tillit.foundation.access import Actor, action, require
from tillit.foundation.clock import now
from tillit.foundation.events import record
from tillit.foundation.models import Membership, Role, Tenant, User
from tillit.foundation.tenancy import in_tenant
from tillit.tenants.models import AccessToken, digest

EMAIL = "probe@probe.invalid"
SLUG = "probe"
HERE = "beside the workers"


@action
def provide_account(actor: Actor) -> bool:
    """See that the probes' tenant, account and key are there, and that the data folder knows their secrets.

    Whether anything had to be made. A password or token that was lost, or that nobody may know any more, is replaced.
    """
    require(actor, "probes.measure")
    data = Path(settings.DATA)
    tenant = Tenant.objects.filter(kind=Tenant.Kind.PROBE).first() or _make_tenant(actor.tenant)
    prober = _register(actor.tenant.region, public_of(read_key(key_file(data))))
    with in_tenant(tenant):
        user = User.objects.filter(email=EMAIL).first() or _make_user(tenant)
        known = read_account(data)
        lost = not _holds(user, known) or known.get("prober") != prober.name
        if lost:
            _write(data, _renew(tenant, user) | {"prober": prober.name})
    if lost:
        record(actor, "probes.account_made", tenant)
    return lost


def _make_tenant(operator: Tenant) -> Tenant:
    slug, number = SLUG, 1
    while Tenant.objects.filter(slug=slug).exists():  # a customer was there first
        number += 1
        slug = f"{SLUG}-{number}"
    return Tenant.objects.create(slug=slug, name="Probes", kind=Tenant.Kind.PROBE, region=operator.region)


def _make_user(tenant: Tenant) -> User:
    user = User(email=EMAIL, name="Probe", time_zone="UTC")
    user.set_unusable_password()
    user.save(force_insert=True)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    Membership.objects.create(tenant=tenant, user=user, role=Role.READER)
    return user


def _holds(user: User, known: dict[str, Any]) -> bool:
    """Whether what the data folder knows is right: the password is what was set last, the token is live."""
    live = AccessToken.objects.live().filter(user=user, token_digest=digest(known.get("token", ""))).exists()
    return live and known.get("password_of") == digest(user.password)


def _renew(tenant: Tenant, user: User) -> dict[str, str]:
    password, token = secrets.token_urlsafe(32), AccessToken.PREFIX + secrets.token_urlsafe(32)
    user.set_password(password)
    user.save(update_fields=["password"])
    AccessToken.objects.filter(user=user, revoked_at=None).update(revoked_at=now())
    AccessToken.objects.create(tenant=tenant, user=user, name="probes", token_digest=digest(token))
    return {
        "tenant": tenant.slug,
        "email": user.email,
        "password": password,
        "password_of": digest(user.password),  # tells when somebody else has set another one
        "token": token,
    }


def _write(data: Path, account: dict[str, str]) -> None:
    """In one step, for the owner of the folder alone."""
    place = account_file(data)
    place.parent.mkdir(mode=0o700, exist_ok=True)
    wholefile.replace(place, json.dumps(account, indent=1).encode())


def _register(region: str, key: str) -> Prober:
    """This installation's own prober, and the one for its jobs, which needs no key."""
    Prober.objects.get_or_create(name=OURS, defaults={"place": "its own jobs", "region": region, "added_at": now()})
    known = Prober.objects.at_work().filter(key=key).first()
    if known:
        return known
    Prober.objects.at_work().filter(place=HERE).update(ended_at=now())  # its key was lost
    number = Prober.objects.filter(place=HERE).count() + 1
    return Prober.objects.create(name=f"here-{number}", place=HERE, region=region, key=key, added_at=now())
