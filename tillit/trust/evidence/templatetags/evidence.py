"""How tables that are too wide for a page are written on it."""

from __future__ import annotations

from collections.abc import Sequence

from django import template

register = template.Library()


@register.filter
def labelled(row: Sequence[str], head: Sequence[str]) -> list[tuple[str, str]]:
    """The cells of a row, each with the label of its column."""
    return list(zip(head, row, strict=True))
