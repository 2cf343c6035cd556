"""The navigation's entries. A module of its own: rooms' `apps.py` are read before any model is."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise


@dataclass(frozen=True)
class MenuEntry:
    """A place in the navigation. `key` follows `g` as keyboard shortcut; without the grant it is not shown."""

    label: str | Promise
    url_name: str
    grant: str
    key: str
    order: int = 50
