"""What this room keeps for a time."""

from __future__ import annotations

import secrets
from datetime import datetime

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from tillit.foundation.access import Actor
from tillit.foundation.clock import now
from tillit.foundation.sessions import SessionStore

MARK = {"canary": True}


class EndedSessions:
    """Sessions that ran out, counted from then, with the devices and addresses they were used from."""

    label = _("Sessions that ran out")

    def purge(self, before: datetime) -> int:
        gone, _kinds = Session.objects.filter(expire_date__lt=before).delete()
        alive = Session.objects.filter(session_key=OuterRef("session_key"))
        UserSession.objects.filter(~Exists(alive)).delete()
        return gone

    def plant(self, _actor: Actor) -> str:
        """A session of nobody that has just run out."""
        key, data = f"canary{secrets.token_hex(13)}", SessionStore().encode(MARK)
        Session.objects.create(session_key=key, session_data=data, expire_date=now())
        return key

    def use(self, key: str) -> None:
        found = Session.objects.filter(session_key=key).first()
        if found is None or found.get_decoded() != MARK:
            raise LookupError("The planted session is gone.")

    def exists(self, key: str) -> bool:
        return Session.objects.filter(session_key=key).exists()
