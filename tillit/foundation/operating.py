"""Who runs this installation, and whether what it shows is invented, as the room that keeps the register declares it.

A room says so on its `AppConfig`: `operators_name = "tillit.trust.queries.operators_name"`, a function without
arguments; empty while no register is in force. The same for `example_mark`.
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


def example_mark() -> dict[str, str] | None:
    """What is said above examples, by language; empty: it is not known where they come from; None: none are shown."""
    declared = [getattr(room, "example_mark", None) for room in apps.get_app_configs()]
    marks = (import_string(path)() for path in declared if path)
    return next((mark for mark in marks if mark is not None), None)
