"""What this room is asked about itself."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from django.utils.translation import gettext_noop

from tillit.foundation.checks import Finding, Undecided
from tillit.foundation.models import Membership, Role, Tenant
from tillit.foundation.tenancy import in_tenant

SECOND_STEPS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def second_step() -> Finding:
    """Whether everybody of the operator's staff needs more than a password to sign in."""
    operator = Tenant.objects.filter(kind=Tenant.Kind.OPERATOR).first()
    if operator is None:
        raise Undecided
    with in_tenant(operator):
        staff = set(Membership.objects.filter(role=Role.OPERATOR, ended_at=None).values_list("user_id", flat=True))
    if not staff:
        raise Undecided
    armed = set(Authenticator.objects.filter(user__in=staff, type__in=SECOND_STEPS).values_list("user_id", flat=True))
    sentence = gettext_noop("Operator staff with a second step at sign-in: %(armed)s of %(staff)s.")
    return Finding(armed == staff, sentence, {"armed": len(armed), "staff": len(staff)})
