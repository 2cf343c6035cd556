"""The register's values that other texts may name, so that they are never written twice."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils import translation

from tillit.foundation.formats import country_name, local_number
from tillit.foundation.texts import pick

LANGUAGES = tuple(code for code, _name in settings.LANGUAGES)
NAMED_OF_OPERATOR = (
    "name",
    "legal_entity",
    "registration",
    "lei",
    "contact",
    "security_contact",
    "status_page",
    "seat_city",
    "currency",
)


@dataclass(frozen=True)
class Variable:
    """A number or a text, and how each language writes it."""

    value: int | str
    text: Mapping[str, str]


def variables_of(register: Mapping[str, Any], *, notice_days: int) -> dict[str, Variable]:
    """By name, from a register as its file says it; what is not stated is not there.

    `operator.<key>`, `operator.seat_country`, `promises.<key>`, `retention.<slug>.hours`, `processors.<slug>.name`,
    `processors.<slug>.retention_hours`, `regions` and `processors` (their names, joined).
    """
    if not register:
        return {}
    operator, promises = register["operator"], register["promises"]
    said: dict[str, int | str] = {
        f"operator.{key}": operator[key].removeprefix("mailto:") for key in NAMED_OF_OPERATOR if operator.get(key)
    }
    said |= {f"promises.{key}": value for key, value in promises.items()}
    said["promises.processor_notice_days"] = notice_days
    for rule in register.get("retention", []):
        said[f"retention.{rule['slug']}.hours"] = rule["hours"]
    for processor in register.get("processors", []):
        said[f"processors.{processor['slug']}.name"] = processor["name"]
        if "retention_hours" in processor:
            said[f"processors.{processor['slug']}.retention_hours"] = processor["retention_hours"]
    found = {key: _same_everywhere(value) for key, value in said.items()}
    for key in ("seat_country", "jurisdiction"):
        if operator.get(key):
            found[f"operator.{key}"] = _in_each(functools.partial(country_name, operator[key]))
    found["regions"] = _in_each(lambda: _joined(pick(region["name"])[0] for region in register.get("regions", [])))
    found["processors"] = _in_each(lambda: _joined(entry["name"] for entry in register.get("processors", [])))
    return found


def _same_everywhere(value: int | str) -> Variable:
    return _in_each(lambda: local_number(value) if isinstance(value, int) else value, value)


def _in_each(say: Callable[[], str], value: int | str | None = None) -> Variable:
    texts = {}
    for language in LANGUAGES:
        with translation.override(language):
            texts[language] = say()
    return Variable(texts["en"] if value is None else value, texts)


def _joined(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(names))
