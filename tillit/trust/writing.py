"""Writing a register as the text of a file, in the shape in which the profiles are written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import tomlkit

HEAD = "# The register as the database holds it. What every key means: tillit/trust/profiles/blank.toml\n"


def as_toml(register: Mapping[str, Any]) -> str:
    """The register as TOML: one line per key and language, tables in the register's order."""
    lines = [HEAD]
    for name, part in register.items():
        if isinstance(part, list):
            for entry in part:
                lines += [f"\n[[{name}]]\n", *_lines(entry)]
        elif isinstance(part, Mapping):
            lines += [f"\n[{name}]\n", *_lines(part)]
        else:
            lines.append(f"\n{name} = {as_value(part)}\n")
    return "".join(lines)


def _lines(entry: Mapping[str, Any]) -> Iterator[str]:
    for key, value in entry.items():
        if isinstance(value, Mapping):
            yield from (f"{key}.{language} = {as_value(text)}\n" for language, text in value.items())
        else:
            yield f"{key} = {as_value(value)}\n"


def as_value(value: Any) -> str:
    """One value as TOML writes it."""
    if isinstance(value, list):
        return f"[{', '.join(as_value(item) for item in value)}]"
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{key} = {as_value(item)}' for key, item in value.items())} }}"
    return tomlkit.item(value).as_string()
