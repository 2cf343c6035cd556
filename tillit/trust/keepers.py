"""Who keeps the parts of the register's file that do not belong to this room.

A keeper is named in an `AppConfig`: `register_keepers = ("tillit.site.register.availability",)`, the dotted name of an
object with the three members below. It is how a neighbour of this room takes its part without either knowing the other.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, Protocol

from django.apps import apps
from django.utils.module_loading import import_string

from tillit.foundation.access import Actor

Entries = list[dict[str, Any]]


class Keeper(Protocol):
    sections: tuple[str, ...]

    def apply(self, actor: Actor, register: Mapping[str, Any]) -> None:
        """Take over the sections of a whole register file, in the open transaction, or raise Refused."""

    def export(self) -> dict[str, Entries]:
        """The sections as they are now, as a file says them."""


@functools.cache
def keepers() -> tuple[Keeper, ...]:
    named = [name for room in apps.get_app_configs() for name in getattr(room, "register_keepers", ())]
    return tuple(import_string(name) for name in named)


def kept_elsewhere() -> tuple[str, ...]:
    return tuple(section for keeper in keepers() for section in keeper.sections)
