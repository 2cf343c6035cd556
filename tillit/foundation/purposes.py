"""What rooms contact other servers for. A room declares its purposes in its `AppConfig`:

    purposes = {"mail": Purpose(_("Sending mail"), _("Messages wait in the queue."))}

The register says which processor may be reached for which of them; the broker lets nothing else out. One kind of
purpose is different: where recipients name the address themselves, the data goes to them and to no processor
(`tillit.foundation.named_ways`).
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
    named_by_recipient: bool = False  # reached where recipients said themselves, and nowhere else


@functools.cache
def known_purposes() -> Mapping[str, Purpose]:
    return {name: said for room in apps.get_app_configs() for name, said in getattr(room, "purposes", {}).items()}


@functools.cache
def named_purposes() -> frozenset[str]:
    """Those whose addresses are named by recipients, so that no register lists them and no public page says them."""
    return frozenset(name for name, said in known_purposes().items() if said.named_by_recipient)
