"""One entry of the register as a form: a field for every key that its part of the file may have."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from types import NoneType
from typing import Any, get_args, get_origin

from django import forms
from django.apps import apps
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from pydantic.fields import FieldInfo

from tillit.foundation.errors import Refused
from tillit.foundation.formats import country_name
from tillit.foundation.purposes import known_purposes
from tillit.trust.composing import TABLES
from tillit.trust.countries import COUNTRIES
from tillit.trust.forms.fields import CodesField, DayField, LinesField, TextsField
from tillit.trust.parts import PARTS, PromisesPart
from tillit.trust.problems import RegisterRefused
from tillit.trust.words import CHOICES, COUNTRY_KEYS, LABELS

HINTS = {
    "slug": _("Small letters, digits and hyphens. It stays the same for ever."),
    "key": _("Small letters, digits and hyphens. It stays the same for ever."),
    "reached_at": _("One address on each line, such as smtps://smtp.post.example:465."),
    "countries": _("ISO codes of two letters, with commas between them: NO, DE."),
    "storage_countries": _("ISO codes of two letters, with commas between them: NO, DE."),
    "processing_countries": _("ISO codes of two letters, with commas between them: NO, DE."),
    "languages": _("Codes of two letters, with commas between them: de, en."),
    "data_categories": _("Short names with commas between them: contact-data, correspondence."),
    "seat": _("Only where no single city and country can be named."),
    "parent": _("Empty: for the operator itself."),
    "processor": _("Empty: the operator's own."),
    "checked_by": _("A measure with a check is shown with a badge that nobody can set."),
    "link": _("An address with https:, or a path on this server."),
}
PATH = re.compile(r"\w+(?:\[[^\]]+\])?\.(?P<key>\w+)(?:\.(?P<language>\w+)|\[(?P<number>\d+)\])?$")
Choices = list[tuple[str, Any]]


class EntryForm(forms.Form):
    """Cleans to `entry()`; what the register refuses stands beside the field it is about (`refuse`).

    `neighbours` are the processors that may be pointed to, slug to name. A new entry has no `said`.
    """

    based_on = forms.IntegerField(required=False, widget=forms.HiddenInput)
    instead_of = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, section: str, *args: Any, said: Mapping[str, Any] | None = None, neighbours: Mapping[str, str], **kw: Any
    ) -> None:
        kw["initial"] = {**kw.get("initial", {}), **(said or {})}
        super().__init__(*args, **kw)
        self.section, self.keys = section, list(PARTS[section].model_fields)
        self.name_key = "" if section in TABLES else "key" if section == "statements" else "slug"
        for key, field in PARTS[section].model_fields.items():
            self.fields[key] = self._field(key, field, neighbours)
        if self.name_key and said:
            self.fields[self.name_key].disabled = True

    def _field(self, key: str, shape: FieldInfo, neighbours: Mapping[str, str]) -> forms.Field:
        needed = shape.is_required()
        options: dict[str, Any] = {"label": LABELS[key], "help_text": HINTS.get(key, ""), "required": needed}
        choices = _choices(self.section, key, neighbours)
        kind = _kind(shape)
        if choices is not None and kind is list:
            return forms.MultipleChoiceField(choices=choices, widget=forms.CheckboxSelectMultiple, **options)
        if choices is not None:
            empty = [] if needed else [("", "—")]
            return forms.ChoiceField(choices=[*empty, *choices], **options)
        return FIELDS[kind](key, options)

    def tall(self) -> list[Any]:
        """The fields that need the whole breadth."""
        return [bound for bound in self if isinstance(bound.field, (TextsField, LinesField))]

    def entry(self) -> dict[str, Any]:
        """What was typed, as the file would say it: what is empty is left out."""
        return {key: self.cleaned_data[key] for key in self.keys if self.cleaned_data.get(key) not in ("", None, [], {})
                and self.cleaned_data[key] is not False}  # fmt: skip

    def slug(self) -> str:
        return self.cleaned_data[self.name_key] if self.name_key else self.section

    def refuse(self, refusal: Refused) -> None:
        """Each sentence beside the field it is about; above the form what concerns no field of it."""
        if not isinstance(refusal, RegisterRefused):
            self.add_error(refusal.field if refusal.field in self.fields else None, str(refusal))
            return
        for problem in refusal.problems:
            found = PATH.match(problem.path)
            if found and found["key"] in self.fields and problem.path.startswith(self.section):
                part = found["language"] or (_now("number %(number)s") % found.groupdict() if found["number"] else "")
                self.add_error(found["key"], f"{part}: {problem.sentence}" if part else problem.sentence)
            else:
                self.add_error(None, str(problem))


def _choices(section: str, key: str, neighbours: Mapping[str, str]) -> Choices | None:
    if (section, key) in CHOICES:
        return [choice for choice in CHOICES[section, key].choices if choice[0]]
    if key in ("parent", "processor"):
        return list(neighbours.items())
    if key == "purposes":
        return [(name, purpose.label) for name, purpose in known_purposes().items()]
    if key == "figures":
        return [(name, LABELS[name]) for name in PromisesPart.model_fields]
    if key in ("holding", "checked_by"):
        declared = "holdings" if key == "holding" else "checks"
        return sorted((name, name) for room in apps.get_app_configs() for name in getattr(room, declared, {}))
    if key in COUNTRY_KEYS and not key.endswith("countries"):
        return sorted(((code, country_name(code)) for code in COUNTRIES), key=lambda one: one[1])
    return None


def _kind(shape: FieldInfo) -> type:
    """What a key holds: bool, int, date, str, list or dict."""
    kinds = [kind for kind in _bare(shape.annotation) if kind is not NoneType]
    return bool if True in kinds else kinds[0]


def _bare(annotation: Any) -> list[Any]:
    if hasattr(annotation, "__metadata__"):  # Annotated
        return _bare(get_args(annotation)[0])
    origin = get_origin(annotation)
    if origin in (list, dict):
        return [origin]
    arguments = get_args(annotation)
    return [kind for argument in arguments for kind in _bare(argument)] if arguments else [annotation]


def _list(key: str, options: dict[str, Any]) -> forms.Field:
    if key == "reached_at":
        return LinesField(**options)
    return CodesField(capital=key in COUNTRY_KEYS, **options)


Maker = Callable[[str, dict[str, Any]], forms.Field]
FIELDS: dict[type, Maker] = {
    bool: lambda _key, options: forms.BooleanField(**options),
    int: lambda _key, options: forms.IntegerField(**options, max_value=1_000_000),
    date: lambda _key, options: DayField(**options),
    str: lambda _key, options: forms.CharField(**options, max_length=300),
    list: _list,
    dict: lambda _key, options: TextsField(**options),
}
