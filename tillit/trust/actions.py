"""Every change of the register."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from tillit.foundation.access import Actor, action, require
from tillit.foundation.errors import Refused
from tillit.foundation.events import record
from tillit.trust.differences import Difference, counts, differences
from tillit.trust.keepers import keepers
from tillit.trust.models import Operator, Revision
from tillit.trust.problems import Problem, RegisterRefused
from tillit.trust.queries import LISTS, export_register
from tillit.trust.register import Register


@action
def apply_register(actor: Actor, *, register: Register, based_on: int | None = None) -> Revision:
    """Replace the register by this one, as a whole or not at all, and return what that changed.

    `based_on` is the revision somebody looked at when deciding: refused when there is a newer one. Applying the same
    register again changes nothing and confirms that it still holds.
    """
    require(actor, "trust.edit_register")
    Operator.objects.select_for_update().first()  # one register at a time
    newest = Revision.objects.first()
    if based_on is not None and newest is not None and newest.pk != based_on:
        raise Refused(_("Somebody applied another register meanwhile. Look at the differences once more."))
    changed = counts(_replace(actor, register))
    revision = Revision.objects.create(by=actor.user, **changed)
    record(actor, "trust.register_applied", revision, **changed)
    return revision


@action
def rehearse_register(actor: Actor, *, register: Register) -> list[Difference]:
    """What applying would change, with every refusal it would meet; afterwards all is as before."""
    require(actor, "trust.edit_register")
    with transaction.atomic():
        found = _replace(actor, register)
        transaction.set_rollback(True)
    return found


def _replace(actor: Actor, register: Register) -> list[Difference]:
    before, after = export_register(), register.as_file()
    Operator(pk=1, **after["operator"], **after["promises"]).save()
    for name in LISTS:
        _replace_list(name, after.get(name, []))
    for keeper in keepers():
        try:
            keeper.apply(actor, after)
        except Refused as refusal:
            raise RegisterRefused([Problem(refusal.field or "", str(refusal))]) from refusal
    return differences(before, after)


def _replace_list(name: str, entries: list[dict[str, Any]]) -> None:
    """Rows keep their primary key as long as their slug stays, because others may point to them."""
    noun: type[Any] = LISTS[name]
    key = "key" if name == "statements" else "slug"
    others = [field.name for field in noun._meta.concrete_fields if field.name not in ("id", key)]
    noun.objects.exclude(**{f"{key}__in": [entry[key] for entry in entries]}).delete()
    noun.objects.bulk_create(
        [noun(position=position, **entry) for position, entry in enumerate(entries)],
        update_conflicts=True,
        unique_fields=[key],
        update_fields=others,
    )
