"""allauth's sign-in, with the person behind a session found by one plain statement: every request asks for him."""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend

from tillit.foundation.models import User
from tillit.foundation.postgresql import columns_of

PERSON = f"SELECT {columns_of(User, 'person')} FROM foundation_user AS person WHERE id = %s AND is_active"  # noqa: S608


class SignIn(AuthenticationBackend):
    def get_user(self, user_id: Any) -> User | None:
        """The active person of this key, or None."""
        return next(iter(User.objects.raw(PERSON, [user_id])), None)
