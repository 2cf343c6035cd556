"""PROMISES.md, the marks in the tests and the rooms tell the same story."""

from __future__ import annotations

import ast
import re

from house import ROOT, name_of, tree

TESTS = [path for folder in ("tillit", "tests") for path in (ROOT / folder).rglob("test_*.py")]


def marked_promises():
    for path in TESTS:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and name_of(node) == "promise" and node.args:
                argument = node.args[0]
                if isinstance(argument, ast.Constant):
                    yield argument.value


def promised():
    """Rows of the table: `slug` in backticks in the third column, `kept` or `planned` in the last."""
    for line in (ROOT / "PROMISES.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        slug = next((m.group(1) for cell in cells if (m := re.fullmatch(r"`([a-z0-9-]+)`", cell))), None)
        if slug:
            yield slug, cells


def test_every_promise_said_to_be_kept_has_a_test():
    kept = {slug for slug, cells in promised() if not cells[-1].lower().startswith("planned")}
    assert kept
    assert kept - set(marked_promises()) == set()


def test_every_mark_names_a_promise():
    assert set(marked_promises()) - {slug for slug, _cells in promised()} == set()
