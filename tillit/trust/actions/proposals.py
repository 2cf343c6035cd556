"""A change of one entry on its way: proposed, looked at with what it means, then announced or withdrawn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from tillit.foundation.access import Actor, action, require
from tillit.foundation.clock import now
from tillit.foundation.errors import Refused
from tillit.foundation.events import record
from tillit.trust.actions.register import apply_register
from tillit.trust.composing import TABLES, as_kept, as_said, composed, entry_of
from tillit.trust.consequences import Foreseen
from tillit.trust.differences import differences
from tillit.trust.models import Operator, Proposal, Revision
from tillit.trust.problems import RegisterRefused
from tillit.trust.queries import KEYS, LISTS, export_register, notice_days
from tillit.trust.register import Register


@action
def propose_entry(
    actor: Actor,
    *,
    section: str,
    slug: str,
    entry: Mapping[str, Any] | None,
    based_on: int | None,
    instead_of: int | None = None,
) -> Proposal:
    """Keep an entry as somebody would like it (None: taken out), for others to look at; nobody else is told yet.

    `based_on` is the revision that was seen, `instead_of` the proposal that was seen, if there was one: refused where
    somebody else was quicker. Raises RegisterRefused for what could not be announced.
    """
    require(actor, "trust.edit_register")
    Operator.objects.select_for_update().first()  # one change at a time
    held = Proposal.objects.filter(section=section, slug=slug, announced_in=None).first()
    if (held.pk if held else None) != instead_of or _changed_since(section, slug, based_on):
        raise Refused(_("Somebody else changed this entry meanwhile. Look at it once more."))
    if entry == entry_of(export_register(), section, slug):
        raise Refused(_("Nothing would change."))
    _check(actor, section, slug, entry)
    if held is not None:
        held.delete()
    proposal = Proposal.objects.create(section=section, slug=slug, entry=as_kept(entry), at=now(), by=actor.user)
    record(actor, "trust.entry_proposed", proposal, section=section, slug=slug)
    return proposal


@action
def withdraw_proposal(actor: Actor, *, proposal: Proposal) -> None:
    """Drop a proposal that was not announced."""
    require(actor, "trust.edit_register")
    (held,) = _still_open([proposal])
    record(actor, "trust.proposal_withdrawn", held, section=held.section, slug=held.slug)
    held.delete()


@action
def announce_entry(actor: Actor, *, proposals: Sequence[Proposal], based_on: int | None = None) -> Revision:
    """Put proposals into the register, all at once: what widens is announced and waits, the rest holds."""
    require(actor, "trust.edit_register")
    held = _still_open(proposals)
    revision = apply_register(actor, register=_with(held), based_on=based_on)
    for proposal in held:
        proposal.announced_in = revision
        proposal.save(update_fields=["announced_in"])
        if proposal.section in LISTS:
            versions = LISTS[proposal.section].objects.filter(revision=revision)
            versions.filter(**{KEYS[proposal.section]: proposal.slug}).update(proposed_at=proposal.at)
    return revision


@action
def foresee_register(actor: Actor, *, register: Register) -> Foreseen:
    """What applying would do, with every refusal it would meet; afterwards all is as before."""
    require(actor, "trust.edit_register")
    before, after = export_register(), register.as_file()
    with transaction.atomic():
        revision = apply_register(actor, register=register)
        begins = dict(_beginnings(revision))
        transaction.set_rollback(True)
    return Foreseen(before, after, differences(before, after), revision.at, notice_days(after["promises"]), begins)


@action
def foresee_proposals(actor: Actor, *, proposals: Sequence[Proposal]) -> Foreseen:
    """What announcing these proposals would do."""
    require(actor, "trust.edit_register")
    return foresee_register(actor, register=_with(proposals))


def _with(proposals: Iterable[Proposal]) -> Register:
    changes = [(one.section, one.slug, as_said(one.section, one.entry)) for one in proposals]
    return composed(export_register(), changes)


def _check(actor: Actor, section: str, slug: str, entry: Mapping[str, Any] | None) -> None:
    """Alone, or together with what else is proposed: a data centre may be that of a processor that is proposed, too."""
    proposal = Proposal(section=section, slug=slug, entry=as_kept(entry))
    try:
        foresee_proposals(actor, proposals=[proposal])
    except RegisterRefused as refusal:
        others = Proposal.objects.filter(announced_in=None).exclude(section=section, slug=slug)
        try:
            foresee_proposals(actor, proposals=[*others, proposal])
        except RegisterRefused:
            raise refusal from None


def _changed_since(section: str, slug: str, revision: int | None) -> bool:
    newest = Revision.objects.values_list("pk", flat=True).first()
    if revision is None or newest is None or newest == revision:
        return False
    if section in TABLES:
        return True
    versions = LISTS[section].objects.filter(**{KEYS[section]: slug})
    return versions.filter(Q(revision__gt=revision) | Q(ending__gt=revision)).exists()


def _still_open(proposals: Sequence[Proposal]) -> list[Proposal]:
    held = list(Proposal.objects.select_for_update().filter(pk__in=[one.pk for one in proposals], announced_in=None))
    if not held or len(held) != len(proposals):
        raise Refused(_("This proposal was announced, changed or withdrawn meanwhile."))
    return held


def _beginnings(revision: Revision) -> Iterable[tuple[tuple[str, str], datetime]]:
    for section, noun in LISTS.items():
        for slug, begins in noun.objects.filter(revision=revision).values_list(KEYS[section], "in_force_at"):
            yield (section, slug), begins
