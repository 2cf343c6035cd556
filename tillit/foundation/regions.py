"""The regions a tenant may live in, as the room that keeps the register declares them.

A room says so on its `AppConfig`: `regions = "tillit.trust.queries.region_names"`, a function without arguments.
"""

from __future__ import annotations

from django.apps import apps
from django.utils.module_loading import import_string


def known_regions() -> dict[str, str]:
    """Slug to name in the reader's language; empty while no register is in force."""
    declared = [getattr(room, "regions", None) for room in apps.get_app_configs()]
    return {slug: name for path in declared if path for slug, name in import_string(path)().items()}
