"""Who runs this installation, as the room that keeps the register declares it.

A room says so on its `AppConfig`: `operators_name = "tillit.trust.queries.operators_name"`, a function without
arguments; empty while no register is in force.
"""

from __future__ import annotations

from django.apps import apps
from django.utils.module_loading import import_string

from tillit.foundation.models import Tenant


def operators_name() -> str:
    """The name the public reads; the operating tenant's own where no register says one."""
    declared = [getattr(room, "operators_name", None) for room in apps.get_app_configs()]
    said = next((name for path in declared if path and (name := import_string(path)())), "")
    return said or Tenant.objects.values_list("name", flat=True).get(kind=Tenant.Kind.OPERATOR)
