"""Whether the public pages say today what the log said last. No Django.

`/trust/register.json` holds every subject of the register as the log would write it, so it must be equal. The lists
that people and programs read (`/trust/processors.json` and so on) must agree with it in every key that both have.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tillit.trust.proof.fetching import Source

REGISTER, WINDOWS = "/trust/register.json", "/trust/maintenance.json"
MISSHAPEN = (ValueError, KeyError, TypeError, AttributeError, RecursionError)
SECTIONS = (  # what of the log is the register's: first part of the subject
    *("operator", "promises", "statements", "agreements", "regions", "data_centres"),
    *("measures", "certificates", "retention", "processors"),
)
TWINS = {"statements": "key", "agreements": "slug", "regions": "slug", "measures": "slug", "processors": "slug"}
SHOWN = 3  # differences told of one subject
LONGEST = 60  # letters of a value

Add = Callable[..., None]


@dataclass(frozen=True)
class Said:
    """What the log said last of a subject. Unknown: erased, or not what its leaf says. None: it is gone."""

    index: int
    content: Any = None
    known: bool = True


def compare_pages(source: Source, newest: dict[str, Said], add: Add) -> int:
    """Tell `add` of every difference; returns how many subjects were compared."""
    pages = {REGISTER: _register, WINDOWS: _windows} | {f"/trust/{name}.json": _twin for name in TWINS}
    compared = 0
    for path, compare in pages.items():
        said = _json(source, path)
        try:
            compared += compare(said, newest, add)
        except MISSHAPEN:  # what is read here comes from whoever is being checked
            add(f"{path} cannot be compared: it, or what the log says of it, is not built as a Tillit builds it")
    return compared


def _register(page: dict[str, Any] | None, newest: dict[str, Said], add: Add) -> int:
    if page is not None:
        return _compare_register(page.get("subjects") or {}, newest, add)
    if any(name.split("/")[0] in SECTIONS for name in newest):
        add(f"{REGISTER} is missing: nothing tells whether the register still says what was logged")
    return 0


def _twin(page: dict[str, Any] | None, newest: dict[str, Said], add: Add) -> int:
    for section, key in TWINS.items():
        for entry in (page or {}).get(section) or []:
            _compare_entry(f"{section}/{entry.get(key)}", entry, newest, add)
    return 0


def _windows(page: dict[str, Any] | None, newest: dict[str, Said], add: Add) -> int:
    compared = 0
    for window in (page or {}).get("windows") or []:
        if window.get("id") is not None and window.get("announced_at") is not None:
            compared += 1
            _compare_entry(f"windows/{window['id']}", window, newest, add)
    return compared


def _compare_register(page: dict[str, Any], newest: dict[str, Said], add: Add) -> int:
    ours = {name: said for name, said in newest.items() if name.count("/") < 2 and name.split("/")[0] in SECTIONS}
    for name in sorted({*page, *ours}):
        said = ours.get(name)
        if said is not None and not said.known:
            continue
        logged = _standing(said.content) if said is not None else None
        if name in page and logged is None:
            add(f"{name}: the page has it, and the log does not", subject=name)
        elif name not in page and logged is not None:
            add(f"{name}: the log has it, and the page does not", subject=name)
        elif name in page and _standing(page[name]) != logged:
            _tell(name, page[name], logged, add)
    return len(page)


def _compare_entry(name: str, entry: dict[str, Any], newest: dict[str, Said], add: Add) -> None:
    """One entry of a public list: some version that stands must agree with it."""
    said = newest.get(name)
    if said is not None and not said.known:
        return
    content = _standing(said.content) if said is not None else None
    if content is None:
        add(f"{name}: the page has it, and the log does not", subject=name)
        return
    versions = [version["says"] for version in content.get("versions", [])] or [content]
    different = [_overlap(entry, version) for version in versions]
    if all(page != logged for page, logged in different):
        _tell(name, *different[0], add)


def _overlap(entry: dict[str, Any], said: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What both say: a list may put a text of the register beside others, as in `seat: {city, country, text}`."""
    page = {key: value.get("text", value) if isinstance(value, dict) else value for key, value in entry.items()}
    both = [key for key in said if key in page]
    return {key: page[key] for key in both}, {key: said[key] for key in both}


def _standing(content: Any) -> Any:
    """Without the versions that ended since they were logged; None when nothing is left."""
    if not isinstance(content, dict) or "versions" not in content:
        return content
    now = datetime.now(UTC)
    left = [one for one in content["versions"] if not one["ended_at"] or datetime.fromisoformat(one["ended_at"]) > now]
    return {"versions": left} if left else None


def _tell(name: str, page: Any, logged: Any, add: Add) -> None:
    ours, theirs = dict(_flat(page)), dict(_flat(logged))
    keys = [key for key in sorted({*ours, *theirs}) if ours.get(key) != theirs.get(key)]
    for key in keys[:SHOWN]:
        said = f"the page says {_short(ours.get(key))}, the log says {_short(theirs.get(key))}"
        add(f"{name}: {key}: {said}", subject=name)
    if len(keys) > SHOWN:
        add(f"{name}: and {len(keys) - SHOWN} differences more", subject=name)


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value with the path that leads to it; only where more than one version stands is its number told."""
    if isinstance(value, dict) and value:
        for key, part in value.items():
            inner = [*value["versions"]] if key == "versions" else None
            if inner is not None and len(inner) == 1:
                yield from _flat(inner[0], path)
            else:
                yield from _flat(part, path if key == "says" else f"{path}.{key}".strip("."))
    elif isinstance(value, list) and any(isinstance(part, dict) for part in value):
        for index, part in enumerate(value):
            yield from _flat(part, f"{path}.{index}".strip("."))
    else:
        yield path, value


def _short(value: Any) -> str:
    if value is None:
        return "nothing"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"«{text if len(text) <= LONGEST else text[: LONGEST - 1] + '…'}»"


def _json(source: Source, path: str) -> dict[str, Any] | None:
    try:
        found = json.loads(source.get(path) or b"null")
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
