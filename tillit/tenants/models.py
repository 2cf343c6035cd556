"""Invitations and access tokens; tenants, users and memberships themselves sit in the foundation."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from tillit.foundation.formats import LANGUAGES
from tillit.foundation.models import Role, Tenant, User
from tillit.foundation.tenancy import TenantModel, scoped

RESERVED_SLUGS = frozenset(
    {"admin", "api", "app", "assets", "cdn", "ftp", "imap", "localhost", "login", "mail", "ns1", "ns2", "operator"}
    | {"probe", "smtp", "static", "status", "trust", "www"}
)


def digest(secret: str) -> str:
    """What is stored of a secret that was shown once: SHA-256, enough for secrets of 256 random bits."""
    return hashlib.sha256(secret.encode()).hexdigest()


def roles_of(tenant: Tenant) -> list[tuple[str, Any]]:
    """The roles a person can have in this tenant, as choices."""
    if tenant.is_operator:
        return [(Role.OPERATOR.value, Role.OPERATOR.label)]
    return [(value, label) for value, label in Role.choices if value != Role.OPERATOR]


def leading_role(tenant: Tenant) -> str:
    """The role of which one person must always remain."""
    return Role.OPERATOR if tenant.is_operator else Role.ADMINISTRATOR


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def pending(self) -> Self:
        """Neither accepted nor withdrawn; it may have expired and wait to be sent again."""
        return self.filter(accepted_at=None, withdrawn_at=None)

    def valid(self) -> Self:
        return self.pending().filter(expires_at__gt=now())


class Invitation(TenantModel):
    """That somebody may join a tenant. The link in the mail carries a token of which only the digest is kept."""

    LASTS = timedelta(days=14)

    token = ""  # in clear, known only in the moment of sending
    ledger_leaves_out = ("token_digest",)

    email = models.EmailField(_("e-mail"), max_length=254)
    name = models.CharField(_("name"), max_length=120)
    role = models.CharField(_("role"), max_length=20, choices=Role)
    language = models.CharField(_("language"), max_length=5, choices=LANGUAGES)
    token_digest = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects: Any = scoped(InvitationQuerySet)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "tenant",
                "email",
                condition=Q(accepted_at=None, withdrawn_at=None),
                name="one_open_invitation_each",
            ),
            models.CheckConstraint(condition=Q(email=Lower("email")), name="invited_email_is_lower_case"),
            models.CheckConstraint(
                condition=Q(accepted_at=None) | Q(withdrawn_at=None), name="invitation_ends_one_way"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"

    def is_valid(self) -> bool:
        return self.accepted_at is None and self.withdrawn_at is None and self.expires_at > now()

    def has_expired(self) -> bool:
        return self.expires_at <= now()


class AccessTokenQuerySet(models.QuerySet["AccessToken"]):
    def live(self) -> Self:
        return self.filter(revoked_at=None).filter(Q(expires_at=None) | Q(expires_at__gt=now()))


class AccessToken(TenantModel):
    """Lets a program act as a person in one tenant. Shown once; afterwards only its digest is known."""

    PREFIX = "tillit_"  # tells people and secret scanners what leaked
    MOST_EACH = 20

    ledger_leaves_out = ("token_digest", "last_used_at")

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(_("name"), max_length=80)
    token_digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects: Any = scoped(AccessTokenQuerySet)

    class Meta:
        constraints = [
            models.UniqueConstraint("tenant", "user", "name", condition=Q(revoked_at=None), name="token_names_differ")
        ]

    def __str__(self) -> str:
        return self.name

    def has_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= now()


class Placement(models.Model):
    """Where a customer was before it was moved: its wave, region and state, and until when.

    The cloud's own, like the customer's row itself: whether a notice reached those whom it concerned is asked of a
    moment in the past.
    """

    customer = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="placements")
    wave = models.CharField(max_length=1, choices=Tenant.Wave)
    region = models.CharField(max_length=40)
    state = models.CharField(max_length=20, choices=Tenant.State)
    until = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["until"])]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.wave}/{self.region} {self.state} {self.until:%Y-%m-%d %H:%M} UTC"

    @classmethod
    def of(cls, tenant: Tenant, until: datetime) -> Self:
        """Where it is now, not saved: for whoever is about to move it."""
        return cls(customer=tenant, wave=tenant.wave, region=tenant.region, state=tenant.state, until=until)
