"""The house inspects itself: directions, doors, sizes, actions, words. See docs/style.md."""

from __future__ import annotations

import ast
import re
import statistics

import pytest
from django.apps import apps
from house import (
    COMPOSITION,
    DOORS,
    EVERYBODY_ENTERS,
    HOUSE,
    ROOMS,
    ROOT,
    called_names,
    functions,
    name_of,
    readme_of,
    room_of,
    sources,
    tree,
    verbs,
)


def imported_modules(path):
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def test_rooms_enter_other_rooms_by_their_doors_only():
    windows = []
    for path in sources():
        if room_of(path) in COMPOSITION:
            continue
        for module in imported_modules(path):
            parts = module.split(".")
            if parts[0] != "tillit" or len(parts) < 3 or parts[1] not in ROOMS:
                continue
            if parts[1] in {room_of(path), *EVERYBODY_ENTERS} or parts[2] in DOORS:
                continue
            windows.append(f"{path.relative_to(ROOT)} imports {module}")
    assert not windows


def test_every_action_names_its_actor_first_and_requires_a_grant():
    wrong = []
    for path, verb in verbs():
        where = f"{path.relative_to(ROOT)}:{verb.lineno} {verb.name}"
        decorated = any(isinstance(mark, ast.Name) and mark.id == "action" for mark in verb.decorator_list)
        first = (verb.args.posonlyargs + verb.args.args)[:1]
        others = (verb.args.posonlyargs + verb.args.args)[1:]
        if not decorated or not first or first[0].arg != "actor":
            wrong.append(f"{where}: @action and actor first")
        if others:
            wrong.append(f"{where}: everything after the actor is keyword-only")
        body = verb.body[1:] if ast.get_docstring(verb) else verb.body
        opening = body[0].value if body and isinstance(body[0], ast.Expr) else None
        if not isinstance(opening, ast.Call) or name_of(opening) != "require":
            wrong.append(f"{where}: require comes first")
        if not ast.get_docstring(verb) or verb.returns is None:
            wrong.append(f"{where}: says what it does and what it returns")
    assert not wrong


def test_events_are_declared_where_they_are_recorded():
    declared = {name for room in apps.get_app_configs() for name in getattr(room, "events", ())}
    recorded = set()
    for path in sources():
        for call in called_names(tree(path)):
            if name_of(call) == "record" and len(call.args) > 1 and isinstance(call.args[1], ast.Constant):
                recorded.add(call.args[1].value)
    assert recorded - declared == set()
    assert declared - recorded == set()


def test_every_verb_and_event_has_a_line_in_its_rooms_readme():
    missing = []
    for path, verb in verbs():
        if f"`{verb.name}`" not in readme_of(path).read_text():
            missing.append(f"{room_of(path)}: {verb.name}")
    for room in apps.get_app_configs():
        if room.name.startswith("tillit."):
            readme = (ROOT / room.name.replace(".", "/") / "README.md").read_text()
            missing += [f"{room.label}: {event}" for event in getattr(room, "events", ()) if f"`{event}`" not in readme]
    assert not missing


def test_files_and_functions_are_small_enough_to_read_aloud():
    long_files = [f"{path.relative_to(ROOT)}: {n}" for path in sources() if (n := lines_of(path)) > 400]
    long_functions = [
        f"{path.relative_to(ROOT)}:{f.lineno} {f.name}: {f.end_lineno - f.lineno + 1}"
        for path in sources()
        for f in functions(path)
        if f.end_lineno - f.lineno + 1 > 50
    ]
    assert not long_files
    assert not long_functions


def lines_of(path):
    return len(path.read_text().splitlines())


def test_public_functions_say_what_they_return():
    public = [f for path in sources() for f in functions(path) if not f.name.startswith("_")]
    typed = [f for f in public if f.returns is not None]
    assert len(typed) / len(public) >= 0.95


def test_imports_stand_at_the_top():
    inside = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sources()
        for function in functions(path)
        for node in ast.walk(function)
        if isinstance(node, (ast.Import, ast.ImportFrom))
    ]
    total = sum(lines_of(path) for path in sources())
    assert len(inside) * 1000 / total <= 1, inside


def test_scopes_are_switched_off_rarely_and_with_a_reason():
    opened = []
    for path in sources():
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if "scopes_disabled()" in line:
                opened.append((f"{path.relative_to(ROOT)}:{number}", "#" in line))
    assert len(opened) < 10, opened
    assert all(reason for _where, reason in opened), opened


def test_suppressions_are_rare():
    total = sum(lines_of(path) for path in sources())
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in sources()
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if re.search(r"#\s*(noqa|type:\s*ignore)", line)
    ]
    assert len(found) * 1000 / total <= 2, found


@pytest.mark.parametrize(("pattern", "limit"), [("*.html", 200), ("*.js", 60), ("*.css", 400)])
def test_templates_scripts_and_styles_stay_short(pattern, limit):
    too_long = [f"{path.relative_to(ROOT)}: {n}" for path in HOUSE.rglob(pattern) if (n := lines_of(path)) > limit]
    assert not too_long


def test_templates_carry_no_inline_script_or_style():
    inline = re.compile(
        r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/(ld\+)?json\")|\sstyle=\"|\son[a-z]+=\"|<style"
    )
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in HOUSE.rglob("*.html")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if inline.search(line)
    ]
    assert not found


def test_foundation_stays_a_foundation(capsys):
    sizes = {path: lines_of(path) for path in sources()}
    ground = sum(n for path, n in sizes.items() if room_of(path) == "foundation")
    share = ground / sum(sizes.values())
    with capsys.disabled():
        print(
            f"\nhouse: {len(sizes)} files, {sum(sizes.values())} lines, median {statistics.median(sizes.values()):.0f},"
            f" longest {max(sizes.values())}; foundation {share:.0%}"
        )
    assert share < 0.25  # a young house; the aim of docs/style.md is 8 %


def test_every_room_has_a_page_about_itself():
    assert [room for room in ROOMS if not (HOUSE / room / "README.md").exists()] == []
