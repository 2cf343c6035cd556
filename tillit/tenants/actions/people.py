"""Who works for a tenant: invite, accept, change role, end."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _

from tillit.foundation.access import Actor, action, even_in_maintenance, require
from tillit.foundation.errors import Refused
from tillit.foundation.events import record
from tillit.foundation.mail import send_mail
from tillit.foundation.models import Membership, Tenant, User
from tillit.foundation.texts import one_line
from tillit.tenants.models import AccessToken, Invitation, digest, leading_role, roles_of
from tillit.tenants.queries import address_of, sessions_here


@dataclass(frozen=True)
class Newcomer:
    """What somebody without a sign-in says of herself when she accepts. The password is in clear and never kept."""

    name: str
    password: str
    language: str
    time_zone: str


@action
def invite_person(actor: Actor, *, email: str, name: str, role: str, language: str) -> Invitation:
    """Send somebody a link to join this tenant, good for 14 days. The invitation's `token` is known here only."""
    require(actor, "tenants.manage_people")
    email = email.strip().lower()
    _check_role(actor.tenant, role)
    if Membership.objects.filter(user__email=email, ended_at=None).exists():
        raise Refused(_("%(email)s already works here.") % {"email": email}, field="email")
    invitation = Invitation(
        tenant=actor.tenant, email=email, name=one_line(name), role=role, language=language, invited_by=actor.user
    )
    _renew(invitation)
    invitation.full_clean(validate_unique=False, validate_constraints=False)
    try:
        with transaction.atomic():
            invitation.save(force_insert=True)
    except IntegrityError as error:  # also when two people invite in the same moment
        message = _("%(email)s has already been invited. You can send the invitation again.") % {"email": email}
        raise Refused(message, field="email") from error
    _send(actor, invitation)
    record(actor, "tenants.person_invited", invitation, role=role)
    return invitation


@action
def send_invitation_again(actor: Actor, *, invitation: Invitation) -> Invitation:
    """A new link for another 14 days; the old one no longer works."""
    require(actor, "tenants.manage_people")
    invitation = _open(invitation)
    _renew(invitation)
    invitation.save(update_fields=["token_digest", "sent_at", "expires_at"])
    _send(actor, invitation)
    record(actor, "tenants.invitation_sent_again", invitation)
    return invitation


@action
def withdraw_invitation(actor: Actor, *, invitation: Invitation) -> Invitation:
    """The link no longer works."""
    require(actor, "tenants.manage_people")
    invitation = _open(invitation)
    invitation.withdrawn_at = now()
    invitation.save(update_fields=["withdrawn_at"])
    record(actor, "tenants.invitation_withdrawn", invitation)
    return invitation


@action
def accept_invitation(actor: Actor, *, token: str, newcomer: Newcomer | None = None) -> Membership:
    """Join by the link of an invitation: as the person signed in, or as a newcomer who chooses a password.

    The actor is `queries.guest`. Raises Refused for a link that is used up, withdrawn, expired or another person's,
    and ValidationError for a password that is too easy.
    """
    require(actor, "tenants.accept_invitation")
    invitation = Invitation.objects.select_for_update().filter(token_digest=digest(token)).first()
    if invitation is None or not invitation.is_valid():
        raise Refused(_("This link no longer works. Ask the person who invited you to send a new one."))
    user = _who_accepts(actor, invitation, newcomer)
    membership, _new = Membership.objects.get_or_create(
        tenant=actor.tenant, user=user, ended_at=None, defaults={"role": invitation.role}
    )
    invitation.accepted_at = now()
    invitation.save(update_fields=["accepted_at"])
    joined = Actor(actor.tenant, user, invitation.role, frozenset())
    record(joined, "tenants.invitation_accepted", membership, invitation=invitation.pk)
    return membership


@action
def change_role(actor: Actor, *, membership: Membership, role: str) -> Membership:
    """Give a person another role. The last one who may manage people keeps his."""
    require(actor, "tenants.manage_people")
    _check_role(actor.tenant, role)
    membership = _lock(actor.tenant, membership, gives_up_lead=role != leading_role(actor.tenant))
    before, membership.role = membership.role, role
    membership.save(update_fields=["role"])
    record(actor, "tenants.role_changed", membership, before=before, after=role)
    return membership


@action
@even_in_maintenance
def end_membership(actor: Actor, *, membership: Membership) -> Membership:
    """The person no longer works here: sessions on this tenant's host end, access tokens die, history stays."""
    require(actor, "tenants.manage_people")
    membership = _lock(actor.tenant, membership, gives_up_lead=True)
    membership.ended_at = now()
    membership.save(update_fields=["ended_at"])
    AccessToken.objects.filter(user=membership.user, revoked_at=None).update(revoked_at=now())
    for session in sessions_here(membership.user, actor.tenant):
        session.end()
    record(actor, "tenants.membership_ended", membership)
    return membership


def _check_role(tenant: Tenant, role: str) -> None:
    if role not in dict(roles_of(tenant)):
        raise Refused(_("This role does not exist here."), field="role")


def _renew(invitation: Invitation) -> None:
    invitation.token = secrets.token_urlsafe(32)
    invitation.token_digest = digest(invitation.token)
    invitation.sent_at = now()
    invitation.expires_at = invitation.sent_at + Invitation.LASTS


def _send(actor: Actor, invitation: Invitation) -> None:
    send_mail(
        invitation.email,
        template="tenants/mail/invitation.txt",
        language=invitation.language,
        invitation=invitation,
        tenant=actor.tenant,
        inviter=actor.user,
        link=address_of(actor.tenant, reverse("tenants:invitation", args=[invitation.token])),
    )


def _open(invitation: Invitation) -> Invitation:
    """The invitation under a lock, so that it is not accepted in the moment it is withdrawn."""
    found = Invitation.objects.select_for_update().pending().filter(pk=invitation.pk).first()
    if found is None:
        raise Refused(_("This invitation has been accepted or withdrawn meanwhile."))
    return found


def _who_accepts(actor: Actor, invitation: Invitation, newcomer: Newcomer | None) -> User:
    if actor.user is not None:
        if actor.user.email != invitation.email:
            raise Refused(_("This invitation is for %(email)s.") % {"email": invitation.email})
        return actor.user
    if newcomer is None or User.objects.filter(email=invitation.email).exists():
        raise Refused(_("You already have a sign-in. Please sign in first, then accept."))
    user = User(
        email=invitation.email,
        name=one_line(newcomer.name),
        language=newcomer.language,
        time_zone=newcomer.time_zone,
    )
    user.clean_fields(exclude=["password"])
    get_adapter().clean_password(newcomer.password, user)
    get_adapter().set_password(user, newcomer.password)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)  # the link came by mail
    return user


def _lock(tenant: Tenant, membership: Membership, *, gives_up_lead: bool) -> Membership:
    """The membership and every leading one, locked together: two administrators may demote each other at once."""
    leading = leading_role(tenant)
    wanted = Q(role=leading) | Q(pk=membership.pk)
    rows = Membership.objects.select_for_update().filter(wanted, ended_at=None).order_by("pk")
    locked = {row.pk: row for row in rows}
    if membership.pk not in locked:
        raise Refused(_("This person no longer works here."))
    leaders = [pk for pk, row in locked.items() if row.role == leading]
    if gives_up_lead and leaders == [membership.pk]:
        raise Refused(_("Somebody has to look after the people here. Give another person this role first."))
    return locked[membership.pk]
