"""What people do with their own sign-in: arrive, end sessions, say who they are, hand tokens to programs."""

from __future__ import annotations

import secrets
from datetime import datetime

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef
from django.utils.timezone import now
from django.utils.translation import gettext as _

from tillit.foundation.access import Actor, action, even_in_maintenance, require
from tillit.foundation.errors import Refused
from tillit.foundation.events import record
from tillit.foundation.models import Membership, User
from tillit.foundation.sessions import SessionStore
from tillit.foundation.texts import one_line
from tillit.tenants.models import AccessToken, digest
from tillit.tenants.queries import host_of

PROFILE = ("name", "language", "time_zone", "theme")


@action
@even_in_maintenance
def note_sign_in(actor: Actor, *, session_key: str) -> None:
    """Keep where a session belongs, so that it can end with the membership, and when the person was last here."""
    require(actor, "tenants.sign_in")
    where = {"tenant": actor.tenant.pk, "host": host_of(actor.tenant)}
    UserSession.objects.filter(user=actor.user, session_key=session_key).update(data=where)
    membership = Membership.objects.filter(user=actor.user, ended_at=None).first()
    record(actor, "tenants.signed_in", membership)


@action
def forget_ended_sessions(actor: Actor) -> int:
    """Delete what is kept of sessions that ended or ran out; returns how many lines of people's lists went."""
    require(actor, "tenants.operate")
    SessionStore.clear_expired()
    alive = Session.objects.filter(session_key=OuterRef("session_key"))
    gone, _kinds = UserSession.objects.filter(~Exists(alive)).delete()
    return gone


@action
@even_in_maintenance
def end_session(actor: Actor, *, session: UserSession) -> None:
    """Sign a device of one's own out, at whatever tenant it is signed in."""
    require(actor, "tenants.sign_in")
    if session.user_id != actor.user_id:
        raise Refused(_("This session is not yours."))
    session.end()
    record(actor, "tenants.session_ended")


@action
def change_profile(actor: Actor, *, profile: dict[str, str]) -> User:
    """Change one's own name, language, time zone or theme; what `profile` leaves out stays.

    Raises ValidationError for a value that is too long or unknown.
    """
    require(actor, "tenants.sign_in")
    user = User.objects.select_for_update().get(pk=_person(actor).pk)
    given = {field: profile[field] for field in PROFILE if field in profile}
    if "name" in given:
        given["name"] = one_line(given["name"])
    changed = [field for field, value in given.items() if getattr(user, field) != value]
    for field in changed:
        setattr(user, field, given[field])
    user.clean_fields(exclude=[field.name for field in User._meta.fields if field.name not in changed])
    if changed:
        user.save(update_fields=changed)
        record(actor, "tenants.profile_changed", user, fields=changed)
    return user


@action
def create_access_token(actor: Actor, *, name: str, expires_at: datetime | None = None) -> tuple[AccessToken, str]:
    """A token with which a program acts as this person in this tenant. The secret is returned once and not kept."""
    require(actor, "tenants.use_tokens")
    if AccessToken.objects.filter(user=actor.user, revoked_at=None).count() >= AccessToken.MOST_EACH:
        raise Refused(_("You have %(number)s tokens. Revoke one first.") % {"number": AccessToken.MOST_EACH})
    if expires_at is not None and expires_at <= now():
        raise Refused(_("A token must expire in the future."), field="expires_on")
    secret = AccessToken.PREFIX + secrets.token_urlsafe(32)
    token = AccessToken(
        tenant=actor.tenant,
        user=actor.user,
        name=one_line(name),
        token_digest=digest(secret),
        expires_at=expires_at,
    )
    token.clean_fields()
    try:
        with transaction.atomic():
            token.save(force_insert=True)
    except IntegrityError as error:  # also what the browser's reload does after the first time
        raise Refused(_("You already have a token of this name."), field="name") from error
    record(actor, "tenants.token_created", token)
    return token, secret


@action
@even_in_maintenance
def revoke_access_token(actor: Actor, *, token: AccessToken) -> None:
    """From the next request on the token is nobody. Only its owner may."""
    require(actor, "tenants.use_tokens")
    revoked = AccessToken.objects.filter(pk=token.pk, user=actor.user, revoked_at=None).update(revoked_at=now())
    if not revoked:
        raise Refused(_("This token has already been revoked."))
    record(actor, "tenants.token_revoked", token)


def _person(actor: Actor) -> User:
    if actor.user is None:  # the system has every grant, but no profile
        raise PermissionDenied("no person")
    return actor.user
