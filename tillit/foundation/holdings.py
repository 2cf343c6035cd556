"""What is kept for a time and then deleted: a retention rule of the register names a holding and its hours.

A room declares its holdings in its `AppConfig`, classes made without arguments:
`holdings = {"outgoing-mail": "tillit.foundation.holdings.OutgoingMail"}`. The purge asks a holding to delete what is
older; the canary plants a marked record, uses it, and looks whether it went.
"""

from __future__ import annotations

import functools
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Protocol, cast

from django.apps import apps
from django.core.mail import EmailMessage
from django.utils.functional import Promise
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from tillit.foundation.access import Actor
from tillit.foundation.mail import CANARY, read_body
from tillit.foundation.models import OutgoingMail as Mail


class Holding(Protocol):
    label: str | Promise  # what is kept, for people

    def purge(self, before: datetime) -> int:
        """Delete for good what has been kept since before this time; returns how many records went."""

    def plant(self, actor: Actor, /) -> str:
        """Add a marked record that concerns nobody, the way real ones are added; returns what names it."""

    def use(self, key: str) -> None:
        """Do with the planted record what is done with real ones. Raises LookupError when it is not there."""

    def exists(self, key: str) -> bool:
        """Whether anything of the planted record is left."""


@functools.cache
def known_holdings() -> Mapping[str, str]:
    """Every holding that a room declares: its name and the dotted path of its class."""
    return {name: path for room in apps.get_app_configs() for name, path in getattr(room, "holdings", {}).items()}


def holding(name: str) -> Holding:
    """Raises LookupError for a name that nobody declares."""
    path = known_holdings().get(name)
    if path is None:
        raise LookupError(f"No room declares the holding {name!r}.")
    return cast(Holding, import_string(path)())


class OutgoingMail:
    """Messages and that they were sent; counted from when they were queued, whether they could be delivered or not."""

    label = _("Outgoing mail")

    def purge(self, before: datetime) -> int:
        return Mail.objects.filter(queued_at__lt=before).delete()[0]

    def plant(self, _actor: Actor) -> str:
        mark = secrets.token_hex(8)
        EmailMessage(f"Retention canary {mark}", f"Marked record {mark}.\n", to=[CANARY]).send()
        return str(Mail.objects.get(to=CANARY, subject__endswith=mark).pk)

    def use(self, key: str) -> None:
        """Read it, as the operator's page does. Where a relay is set, the worker delivers it up to the relay's door."""
        mail = Mail.objects.filter(pk=int(key)).first()
        if mail is None or not (mail.sent_at or read_body(mail).startswith("Marked record")):
            raise LookupError("The planted message is gone.")

    def exists(self, key: str) -> bool:
        return Mail.objects.filter(pk=int(key)).exists()
