"""What the broker decides by, and what it saw: for the operator, the public page and a customer's own."""

from __future__ import annotations

from django.db import connection

from tillit.foundation.models import Tenant
from tillit.trust import queries as register
from tillit.trust.broker.rules import Register


def read_register() -> Register:
    """What may be reached, as the register stands. Raises LookupError before the tables are prepared."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (moment,) = cursor.fetchone()
    tenants = dict(Tenant.objects.values_list("pk", "kind"))
    operator = next((pk for pk, kind in tenants.items() if kind == Tenant.Kind.OPERATOR), None)
    if operator is None:
        raise LookupError("The tables are not prepared: there is no operator.")
    return Register(tuple(register.routes()), frozenset(tenants), operator, moment)
