"""What was, is and will be said of one entry: its versions, what each changed, what is proposed, how many there are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Q
from django.utils.text import Truncator

from tillit.foundation.clock import now
from tillit.foundation.texts import pick
from tillit.trust.choices import Stage
from tillit.trust.composing import TABLES, as_said
from tillit.trust.dated import Entry
from tillit.trust.models import Proposal
from tillit.trust.queries import KEYS, LISTS, said_by
from tillit.trust.words import label_of, shown

LETTERS = 90  # of a sentence that stands for a name


@dataclass(frozen=True)
class Changed:
    """One key that a version changed, as people read it; nothing where it was not or is no longer said."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Version:
    """One dated version, and what it changed."""

    row: Entry
    stage: Stage
    changes: list[Changed]
    taken_back: bool  # it ended before it came into force

    @property
    def first(self) -> bool:
        return self.row.number == 1


@dataclass(frozen=True)
class Sizes:
    """How many entries of a section are where."""

    section: str
    proposed: int
    announced: int
    in_force: int
    ended: int


def versions_of(section: str, slug: str, at: datetime | None = None) -> list[Version]:
    """Every version of an entry, newest first."""
    at = at or now()
    rows = list(
        LISTS[section].objects.filter(**{KEYS[section]: slug}).order_by("number").select_related("revision__by")
    )
    found, before = [], None
    for row in rows:
        taken_back = row.ended_at is not None and row.ended_at <= row.in_force_at
        found.append(Version(row, row.stage(at), changes_of(section, before, row), taken_back))
        before = before if taken_back else row
    return found[::-1]


def standing_of(section: str, slug: str, at: datetime | None = None) -> tuple[Any, Any]:
    """The version in force and the one to come; None where there is none."""
    at = at or now()
    rows = list(LISTS[section].objects.filter(**{KEYS[section]: slug}).standing(at))
    held = next((row for row in rows if row.stage(at) == Stage.IN_FORCE), None)
    return held, next((row for row in rows if row.stage(at) == Stage.ANNOUNCED), None)


def before(section: str, row: Entry) -> Entry | None:
    """The version that this one replaces."""
    older = LISTS[section].objects.filter(**{KEYS[section]: str(row)}, number__lt=row.number)
    return older.filter(Q(ended_at=None) | Q(ended_at__gt=F("in_force_at"))).order_by("number").last()


def changes_of(section: str, old: Entry | None, new: Entry, keys: Iterable[str] = ()) -> list[Changed]:
    """What differs between two versions, in the reader's language; only these keys, where any are named."""
    return changes(section, said_by(section, old) if old else {}, said_by(section, new), keys)


def changes(section: str, old: Mapping[str, Any], new: Mapping[str, Any], keys: Iterable[str] = ()) -> list[Changed]:
    """The same for two entries as a file says them."""
    found: list[Changed] = []
    for key in keys or dict.fromkeys([*new, *old]):
        if old.get(key) != new.get(key):
            found += _changed(section, key, old.get(key), new.get(key))
    return found


def _changed(section: str, key: str, old: Any, new: Any) -> Iterable[Changed]:
    """Texts that read alike in the reader's language differ in another one, and are told by language."""
    if isinstance(old, dict) and isinstance(new, dict) and pick(old) == pick(new):
        for language in dict.fromkeys([*new, *old]):
            if old.get(language) != new.get(language):
                yield Changed(label_of(f"{key}.{language}"), old.get(language, ""), new.get(language, ""))
    else:
        yield Changed(label_of(key), shown(section, key, old), shown(section, key, new))


def title_of(section: str, entry: Any) -> str:
    """What people call an entry: a row of it, or what a file says of it."""
    said = entry if isinstance(entry, Mapping) else said_by(section, entry)
    for key in ("name", "title", "standard"):
        if said.get(key):
            return shown(section, key, said[key])
    if said.get("text"):
        return Truncator(shown(section, "text", said["text"]).rstrip(".")).chars(LETTERS)
    return str(said.get("key") or said.get("slug") or section)


def open_proposals(section: str = "") -> list[Proposal]:
    found = Proposal.objects.filter(announced_in=None).select_related("by")
    return list(found.filter(section=section) if section else found)


def proposal_of(section: str, slug: str) -> Proposal | None:
    return Proposal.objects.filter(section=section, slug=slug, announced_in=None).select_related("by").first()


def title_of_proposal(proposal: Proposal) -> str:
    """By what it would say; of one that takes an entry out, by its short name."""
    said = as_said(proposal.section, proposal.entry)
    return title_of(proposal.section, said) if said else proposal.slug


def sizes(proposals: Iterable[Proposal]) -> list[Sizes]:
    """One query a list."""
    at, proposed = now(), [proposal.section for proposal in proposals]
    return [_sizes(section, proposed.count(section), at) for section in LISTS]


def _sizes(section: str, proposed: int, at: datetime) -> Sizes:
    key, noun = KEYS[section], LISTS[section]
    open_ended = Q(ended_at=None) | Q(ended_at__gt=at)
    counted = noun.objects.aggregate(
        announced=Count("pk", filter=Q(in_force_at__gt=at) & open_ended),
        in_force=Count("pk", filter=Q(in_force_at__lte=at) & open_ended),
        standing=Count(key, filter=open_ended, distinct=True),
        known=Count(key, distinct=True),
    )
    ended = counted["known"] - counted["standing"]
    return Sizes(section, proposed, counted["announced"], counted["in_force"], ended)


def is_section(section: str) -> bool:
    return section in TABLES or section in LISTS
