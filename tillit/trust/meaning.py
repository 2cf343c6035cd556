"""A change of the register in sentences: what it compiles into, whom it reaches, and what others add to that.

A room that reads the register's values names a function in its `AppConfig`, `register_meaning =
"tillit.trust.agreements.queries.meaning"`: from the names of the values that would change to sentences.
"""

from __future__ import annotations

from django.apps import apps
from django.utils.module_loading import import_string

from tillit.foundation.models import Membership, Role, Tenant
from tillit.foundation.tenancy import in_tenant
from tillit.trust.consequences import Audience, Foreseen, changed_variables, consequences


def meaning(foreseen: Foreseen) -> list[str]:
    """Everything that a change means, most important first."""
    told = any(foreseen.is_told(difference) for difference in foreseen.found)
    sentences = consequences(foreseen, audience() if told else Audience(0, 0))
    names = changed_variables(foreseen)
    for room in apps.get_app_configs():
        if names and (path := getattr(room, "register_meaning", "")):
            sentences += import_string(path)(names)
    return sentences


def audience() -> Audience:
    """How many administrators of how many customers an announcement reaches today."""
    customers = [one for one in Tenant.objects.filter(kind=Tenant.Kind.CUSTOMER) if one.is_open()]
    return Audience(sum(map(_administrators, customers)), len(customers))


def _administrators(tenant: Tenant) -> int:
    with in_tenant(tenant):
        return Membership.objects.filter(role=Role.ADMINISTRATOR, ended_at=None, user__is_active=True).count()
