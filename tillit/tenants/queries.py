"""Reads that span nouns: who is here, who may enter, whom a token stands for, where a tenant lives."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils.timezone import now

from tillit.foundation.access import Actor, grants_of
from tillit.foundation.models import Event, Membership, OutgoingMail, Tenant, User
from tillit.foundation.postgresql import columns_of
from tillit.foundation.regions import known_regions
from tillit.foundation.requests import Request
from tillit.foundation.tenancy import in_tenant
from tillit.tenants.models import AccessToken, Invitation, digest

PAGE = 50
TOUCH_EVERY = timedelta(minutes=1)


def members(*, after: int | None = None, search: str = "") -> QuerySet[Membership]:
    """Who works for this tenant, by name. Each row also has `signed_in_at` (here, not elsewhere) and `has_second_step`.

    `after` is the membership the page before ended with; `search` is part of a name or an e-mail address.
    """
    signed_in = Event.objects.filter(
        name="tenants.signed_in", subject_type="foundation.membership", subject_id=OuterRef("pk")
    )
    second_step = Authenticator.objects.filter(user=OuterRef("user_id")).exclude(type=Authenticator.Type.RECOVERY_CODES)
    found = (
        Membership.objects.filter(ended_at=None)
        .select_related("user")
        .annotate(
            signed_in_at=Subquery(signed_in.order_by("-id").values("at")[:1]),
            has_second_step=Exists(second_step),
        )
        .order_by("user__name", "pk")
    )
    if search:
        found = found.filter(Q(user__name__icontains=search) | Q(user__email__icontains=search))
    last = Membership.objects.select_related("user").filter(pk=after).first() if after else None
    if last is not None:
        found = found.filter(Q(user__name__gt=last.user.name) | Q(user__name=last.user.name, pk__gt=last.pk))
    return found


def invitations() -> QuerySet[Invitation]:
    """Those that are open, newest first; expired ones too, because they can be sent again."""
    return Invitation.objects.pending().select_related("invited_by").order_by("-pk")


def invitation_of(token: str) -> Invitation | None:
    """The invitation this link stands for, in whatever state it is."""
    return Invitation.objects.select_related("invited_by").filter(token_digest=digest(token)).first()


def guest(tenant: Tenant, user: User | None) -> Actor:
    """Somebody who holds the link of an invitation: may accept it and nothing else. The action looks at the link."""
    return Actor(tenant, user, "guest", frozenset({"tenants.accept_invitation", "tenants.sign_in"}))


def is_invited(user: User, tenant: Tenant) -> bool:
    """Whether this person, not a member yet, has an invitation to accept after signing in."""
    with in_tenant(tenant):
        return Invitation.objects.valid().filter(email=user.email).exists()


def tokens_of(actor: Actor) -> QuerySet[AccessToken]:
    """The actor's tokens in this tenant that were not revoked, newest first; expired ones are shown as such."""
    return AccessToken.objects.filter(user=actor.user, revoked_at=None).order_by("-pk")


def actor_of_token(request: Request) -> Actor | None:
    """Whom the `Authorization: Bearer …` header stands for on this host; None when nobody or no longer.

    The token is found by its digest, so its comparison tells an attacker nothing. When it was last used is
    housekeeping, not a change somebody made: it is noted here, at most once a minute.
    """
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    secret = secret.strip()
    if scheme.lower() != "bearer" or not secret.startswith(AccessToken.PREFIX):
        return None
    tenant = request.tenant
    if not tenant.is_open():
        return None
    with in_tenant(tenant):
        found: list[Any] = list(User.objects.raw(_BEARER, [tenant.pk, digest(secret), now()]))
        if not found:
            return None
        _touch(found[0])
    return Actor(tenant, found[0], found[0].role, grants_of(found[0].role))


# Every request to the API begins with this one. Put together by the ORM, as `live()` and `Actor.of` would, it costs
# more than all the rest of a short request.
_BEARER = f"""
    SELECT {columns_of(User, "person")}, membership.role, token.id AS token, token.last_used_at
    FROM tenants_accesstoken AS token
    JOIN foundation_user AS person ON person.id = token.user_id AND person.is_active
    JOIN foundation_membership AS membership
        ON membership.tenant_id = token.tenant_id AND membership.user_id = person.id AND membership.ended_at IS NULL
    WHERE token.tenant_id = %s AND token.token_digest = %s
        AND token.revoked_at IS NULL AND (token.expires_at IS NULL OR token.expires_at > %s)
"""  # noqa: S608 - names of ours


def _touch(person: Any) -> None:
    """Note the use of the token that `_BEARER` found with its person."""
    stale = now() - TOUCH_EVERY
    if person.last_used_at is None or person.last_used_at < stale:
        unnoted = Q(last_used_at=None) | Q(last_used_at__lt=stale)
        AccessToken.objects.filter(unnoted, pk=person.token).update(last_used_at=now())


def host_of(tenant: Tenant) -> str:
    """The host, with port, on which a tenant's people work; the operator lives on the bare one."""
    return settings.BASE_HOST if tenant.is_operator else f"{tenant.slug}.{settings.BASE_HOST}"


def address_of(tenant: Tenant, path: str = "/") -> str:
    return f"{'https' if settings.HTTPS else 'http'}://{host_of(tenant)}{path}"


def customers(*, after: str = "", search: str = "") -> QuerySet[Tenant]:
    """The cloud's customers by slug, from the one after `after` on."""
    found = Tenant.objects.filter(kind=Tenant.Kind.CUSTOMER, slug__gt=after).order_by("slug")
    return found.filter(Q(slug__icontains=search) | Q(name__icontains=search)) if search else found


def regions() -> dict[str, str]:
    """Where the next tenant may live, slug to name: the register's regions, or those in use while there is none."""
    in_use = Tenant.objects.order_by("region").values_list("region", flat=True).distinct()
    return known_regions() or {region: region for region in in_use}


def has_people(tenant: Tenant) -> bool:
    """Whether anybody has ever worked for this tenant. From then on its own administrators invite."""
    with in_tenant(tenant):
        return Membership.objects.exists()


def open_invitations_of(tenant: Tenant) -> list[Invitation]:
    with in_tenant(tenant):
        return list(Invitation.objects.pending().order_by("-pk"))


def outgoing_mail(*, before: int | None = None) -> QuerySet[OutgoingMail]:
    """Queued and sent mail, newest first, without the text."""
    mail = OutgoingMail.objects.select_related("came_back").defer("message").order_by("-pk")
    return mail.filter(pk__lt=before) if before else mail


def sessions_here(user: User, tenant: Tenant) -> list[UserSession]:
    """The person's sessions on this tenant's host."""
    return list(UserSession.objects.filter(user=user, data__tenant=tenant.pk))


def pages(rows: QuerySet[Any], size: int = PAGE) -> tuple[list[Any], bool]:
    """The first page of a query, and whether there is more; one query for both."""
    found = list(rows[: size + 1])
    return found[:size], len(found) > size
