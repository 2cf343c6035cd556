"""What the inspections read: the house's files and their syntax trees."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HOUSE = ROOT / "tillit"
ROOMS = sorted(path.name for path in HOUSE.iterdir() if (path / "__init__.py").exists())
DOORS = {"models", "actions", "queries"}
EVERYBODY_ENTERS = {"foundation"}
COMPOSITION = {"site"}


@functools.cache
def sources(*, tests: bool = False) -> tuple[Path, ...]:
    """Our Python files, without migrations, with or without tests."""
    files = [path for path in HOUSE.rglob("*.py") if "migrations" not in path.parts]
    return tuple(sorted(path for path in files if tests or "tests" not in path.parts))


@functools.cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), filename=str(path))


def room_of(path: Path) -> str:
    return path.relative_to(HOUSE).parts[0]


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree(path)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node


def verbs() -> Iterator[tuple[Path, ast.FunctionDef]]:
    """The public functions of every room's actions module or folder."""
    for path in sources():
        if "actions" not in path.with_suffix("").relative_to(HOUSE).parts[1:]:
            continue
        for node in tree(path).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                yield path, node


def readme_of(path: Path) -> Path:
    """The page about the place a file stands in: a room's, or that of a part of it which has its own."""
    return next(folder / "README.md" for folder in path.parents if (folder / "README.md").exists())


def called_names(node: ast.AST) -> Iterator[ast.Call]:
    for child in ast.walk(node):
        if isinstance(child, ast.Call):
            yield child


def name_of(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
