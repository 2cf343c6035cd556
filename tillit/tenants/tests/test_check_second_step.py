"""Whoever may do everything signs in with two steps, and a check counts."""

import pytest
from allauth.mfa.models import Authenticator

from tillit.foundation.checks import Undecided, perform
from tillit.foundation.models import Role
from tillit.foundation.testing import make_person


def test_staff_with_a_password_only_is_counted(operator, operator_tenant, anna):
    other = make_person(operator_tenant, "Oda Drift", Role.OPERATOR)
    Authenticator.objects.create(user=other.user, type=Authenticator.Type.TOTP, data={})
    Authenticator.objects.create(user=operator.user, type=Authenticator.Type.RECOVERY_CODES, data={})
    Authenticator.objects.create(user=anna.user, type=Authenticator.Type.TOTP, data={})
    assert str(perform("second-step")) == "Operator staff with a second step at sign-in: 1 of 2."
    assert not perform("second-step").ok
    Authenticator.objects.create(user=operator.user, type=Authenticator.Type.WEBAUTHN, data={})
    assert perform("second-step").ok


def test_without_staff_nothing_can_be_judged(operator_tenant):
    with pytest.raises(Undecided):
        perform("second-step")
