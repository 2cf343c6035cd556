"""Texts of an invented agreement, for tests: three languages, four clauses, two variables."""

from __future__ import annotations

from typing import Any

WORDS = {
    "de": ("Unterauftragsverarbeiter", "Wir sagen es Ihnen {n} Tage vorher", "Wir löschen nach {h} Stunden", "Ende"),
    "en": ("Sub-processors", "We tell you {n} days before", "We delete after {h} hours", "End"),
    "nb": ("Underdatabehandlere", "Vi sier det {n} dager før", "Vi sletter etter {h} timer", "Slutt"),
}
TEXT = """+++
title = "{title}"
version = "{version}"
valid_from = {valid_from}
binding_language = "de"
asks_acceptance = {asks}
changes = "{changes}"
+++

## 1 {0} {{#sub-processors}}

1.1 {{#notice}} {1}.

1.2 {2}, [1.1](#1.1).

## 2 {3}
"""


def text(
    language: str,
    *,
    notice: str = "{{ promises.processor_notice_days }}",
    hours: str = "{{ promises.notice_hours }}",
    **front: Any,
) -> str:
    """One file; `notice` and `hours` are what stands where the register's values belong."""
    words = [word.format(n=notice, h=hours) for word in WORDS[language]]
    said = {"title": f"DPA {language}", "version": "A", "valid_from": "2026-12-01", "asks": "true", "changes": ""}
    return TEXT.format(*words, **said | front)


def texts(**changes: Any) -> dict[str, str]:
    return {language: text(language, **changes) for language in WORDS}
