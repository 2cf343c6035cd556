"""How allauth behaves here: nobody signs up alone, one enters only where one works, secrets are kept sealed."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.stagekit import clear_login
from allauth.core import context as allauth_context
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation

from tillit.foundation.access import Actor
from tillit.foundation.models import User
from tillit.foundation.requests import Request
from tillit.tenants.actions.sign_in import note_sign_in
from tillit.tenants.queries import guest, is_invited


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, _request: HttpRequest) -> bool:
        """Never: people join by an invitation."""
        return False

    def pre_login(self, request: Request, user: User, **details: Any) -> HttpResponse | None:
        """The password was right; whether this person may enter this tenant is another question."""
        refusal = super().pre_login(request, user, **details)
        if refusal is None and entering(request, user) is None:
            clear_login(request)
            return render(request, "tenants/no_access.html", {"email": user.email}, status=403)
        return refusal

    def post_login(self, request: Request, user: User, **details: Any) -> HttpResponse:
        response = super().post_login(request, user, **details)
        actor = entering(request, user)
        if actor is not None:
            note_sign_in(actor, session_key=request.session.session_key or "")
        return response

    def get_password_change_redirect_url(self, _request: HttpRequest) -> str:
        return reverse("tenants:security")

    def format_email_subject(self, subject: str) -> str:
        return f"{allauth_context.request.tenant.name}: {subject}"

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """In the language of the person it goes to, whoever asked for it."""
        reader = context.get("user")
        with translation.override(reader.language if reader else translation.get_language()):
            super().send_mail(template_prefix, email, context)

    def _get_login_attempts_cache_key(self, _request: HttpRequest, **credentials: Any) -> str:
        """One count per account. The original counts per host, and here every tenant is one."""
        return credentials.get("email", "").lower()


class MFAAdapter(DefaultMFAAdapter):
    def encrypt(self, text: str) -> str:
        """TOTP secrets and the seed of recovery codes are sealed under the installation's key."""
        return _seal().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _seal().decrypt(encrypted_text.encode()).decode()

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Passkeys belong to the whole installation, so that one opens every tenant the person works for.

        WebAuthn allows that only for a domain that can be registered; on `localhost` a passkey belongs to its host.
        """
        host = split_domain_port(allauth_context.request.get_host())[0]
        base = split_domain_port(settings.BASE_HOST)[0]
        return {"id": base if "." in base else host, "name": settings.MFA_TOTP_ISSUER}


def entering(request: Request, user: User) -> Actor | None:
    """The person as a member of this host's tenant, or as a guest with an invitation to accept; None for neither."""
    actor = Actor.of(user, request.tenant)
    if actor.role:
        return actor
    invited = request.tenant.is_open() and is_invited(user, request.tenant)
    return guest(request.tenant, user) if invited else None


def _seal() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(_derived(str(key))) for key in keys])


def _derived(key: str) -> bytes:
    return base64.urlsafe_b64encode(hashlib.sha256(f"tillit second step {key}".encode()).digest())
