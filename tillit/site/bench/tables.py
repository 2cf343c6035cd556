"""Tables of text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

LEFT = 1  # the first column of a table is text


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Columns of text, figures to the right."""
    every = [heads, *rows]
    widths = [max(len(row[column]) for row in every) for column in range(len(heads))]
    lines = [
        "  ".join(
            cell.ljust(width) if column < LEFT else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in every
    ]
    return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:]])
