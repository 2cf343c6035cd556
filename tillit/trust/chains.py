"""Who works for whom: the rank of each processor in the chain below the operator."""

from __future__ import annotations

from collections.abc import Iterable

from tillit.trust.choices import Role
from tillit.trust.models import Processor


def ranks(processors: Iterable[Processor]) -> dict[str, int]:
    """By slug, as Implementing Regulation (EU) 2024/2956 counts: the operator is 1, whom it uses 2, and so on.

    A parent that the register does not have, or a circle, ends at the operator.
    """
    parents = {row.slug: "" if row.role == Role.PROVIDER else row.parent for row in processors}
    own = {row.slug for row in processors if row.role == Role.PROVIDER}
    return {slug: 1 if slug in own else 2 + len(_above(slug, parents, own)) for slug in parents}


def recipient(row: Processor, processors: Iterable[Processor]) -> Processor | None:
    """The processor this one works for; None is the operator."""
    found = next((one for one in processors if one.slug == row.parent), None)
    return None if found is None or found.role == Role.PROVIDER else found


def _above(slug: str, parents: dict[str, str], own: set[str]) -> list[str]:
    """The processors between this one and the operator."""
    found: list[str] = []
    parent = parents.get(slug, "")
    while parent in parents and parent not in own and parent not in found and parent != slug:
        found.append(parent)
        parent = parents[parent]
    return found
