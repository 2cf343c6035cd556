"""What the operator may not do to a customer while a release is on its way."""

from __future__ import annotations

from django.utils.translation import gettext as _

from tillit.availability.releases import queries
from tillit.foundation.errors import Refused
from tillit.foundation.models import Tenant
from tillit.tenants.models import Placement


def refuse_during_rollout(before: Placement, tenant: Tenant) -> None:
    """Asked by `tenants.actions.customers.change_tenant`: a release could miss it, or meet it twice."""
    if before.wave != tenant.wave and not tenant.is_operator and queries.rollout_runs():
        raise Refused(_("While a release runs in waves, nobody changes wave."), field="wave")
