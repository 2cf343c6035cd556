"""What rooms contact other servers for. A room declares its purposes in its `AppConfig`:

    purposes = {"mail": Purpose(_("Sending mail"), _("Messages wait in the queue."))}

The register says which processor may be reached for which of them; the broker lets nothing else out.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

from django.apps import apps
from django.utils.functional import Promise


@dataclass(frozen=True)
class Purpose:
    """What it is for, and what people have to do without while it is shut."""

    label: str | Promise
    rests: str | Promise


@functools.cache
def known_purposes() -> Mapping[str, Purpose]:
    return {name: said for room in apps.get_app_configs() for name, said in getattr(room, "purposes", {}).items()}
