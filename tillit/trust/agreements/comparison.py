"""Two versions beside each other: which clauses are new, gone, moved or changed, and which words of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from tillit.trust.agreements.documents import Clause, Document
from tillit.trust.agreements.models import AgreementVersion
from tillit.trust.agreements.rendering import plain
from tillit.trust.agreements.variables import fill

WORD = re.compile(r"\s+|\w+(?:[.,]\w+)*|[^\w\s]")
MOST_WORDS = 4_000  # beyond, a clause is shown as a whole: comparing takes the square of its length


class Change(StrEnum):
    SAME = "same"
    CHANGED = "changed"
    MOVED = "moved"  # another number, the same words
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True)
class Run:
    """Words that stand in both, or in one only."""

    text: str
    is_new: bool = False
    is_old: bool = False


@dataclass(frozen=True)
class Side:
    """A clause as one of the versions has it."""

    number: str
    title: tuple[Run, ...]
    body: tuple[Run, ...]


@dataclass(frozen=True)
class Pair:
    """One clause on both sides; a side is None where the version does not have it."""

    change: Change
    old: Side | None
    new: Side | None

    @property
    def number(self) -> str:
        side = self.new or self.old
        return side.number if side else ""

    @property
    def is_same(self) -> bool:
        return self.change == Change.SAME


def compare(old: AgreementVersion, new: AgreementVersion, language: str) -> list[Pair]:
    """Clause by clause, in the order of the new version; what is gone stands where it stood."""
    before, after = old.document(language), new.document(language)
    partners = _partners(before, after)
    taken = {id(clause) for clause in partners.values()}
    pairs: list[Pair] = []
    left = list(before.clauses)
    for clause in after.clauses:
        partner = partners.get(id(clause))
        if partner is not None:
            while left and id(left[0]) not in taken:
                pairs.append(_gone(left.pop(0), old, language))
            if partner in left:
                left.remove(partner)
        pairs.append(_pair(partner, clause, (old, new), language))
    return [*pairs, *(_gone(clause, old, language) for clause in left if id(clause) not in taken)]


def _partners(before: Document, after: Document) -> dict[int, Clause]:
    """The old clause of each new one: by name first, then by number among those that nobody has claimed."""
    named = {clause.anchor: clause for clause in before.clauses if clause.anchor}
    found = {id(clause): named[clause.anchor] for clause in after.clauses if clause.anchor in named}
    claimed = {id(clause) for clause in found.values()}
    numbered = {clause.number: clause for clause in before.clauses if id(clause) not in claimed}
    for clause in after.clauses:
        partner = numbered.get(clause.number)
        if id(clause) not in found and partner is not None and not (partner.anchor and clause.anchor):
            found[id(clause)] = partner
    return found


def _pair(before: Clause | None, after: Clause, of: tuple[AgreementVersion, AgreementVersion], language: str) -> Pair:
    said = _words(after, of[1], language)
    if before is None:
        return Pair(Change.ADDED, None, Side(after.number, *(_whole(text, is_new=True) for text in said)))
    was = _words(before, of[0], language)
    both = [_runs(one, other) for one, other in zip(was, said, strict=True)]
    old, new = Side(before.number, *(runs[0] for runs in both)), Side(after.number, *(runs[1] for runs in both))
    if was != said:
        return Pair(Change.CHANGED, old, new)
    return Pair(Change.SAME if before.number == after.number else Change.MOVED, old, new)


def _gone(clause: Clause, old: AgreementVersion, language: str) -> Pair:
    title, body = _words(clause, old, language)
    side = Side(clause.number, _whole(title, is_old=True), _whole(body, is_old=True))
    return Pair(Change.REMOVED, side, None)


def _words(clause: Clause, version: AgreementVersion, language: str) -> tuple[str, str]:
    """Title and body as a reader sees them, values included."""
    title, body = (plain(fill(text, version.values, language)) for text in (clause.title, clause.body))
    return title, body


def _whole(text: str, *, is_new: bool = False, is_old: bool = False) -> tuple[Run, ...]:
    return (Run(text, is_new, is_old),) if text else ()


def _runs(old: str, new: str) -> tuple[tuple[Run, ...], tuple[Run, ...]]:
    """The words of both sides, those that differ marked."""
    before, after = WORD.findall(old), WORD.findall(new)
    if max(len(before), len(after)) > MOST_WORDS and old != new:
        return _whole(old, is_old=True), _whole(new, is_new=True)
    left, right = [], []
    for kind, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        same = kind == "equal"
        left.append(_run(before[a:b], is_old=not same))
        right.append(_run(after[c:d], is_new=not same))
    return tuple(one for one in left if one.text), tuple(one for one in right if one.text)


def _run(words: Sequence[str], *, is_new: bool = False, is_old: bool = False) -> Run:
    return Run("".join(words), is_new, is_old)
