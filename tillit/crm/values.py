"""Values of companies and persons as they are stored: the one place where what people type is tidied."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from tillit.crm.models import Company, Person, Record

ADDRESS = ("street", "postal_code", "city", "country")
COMPANY_FIELDS = (
    *("name", "industry", "domain", "email", "phone", *ADDRESS),
    *("registration_number", "code", "founded", "employees", "note"),
)
PERSON_FIELDS = ("first_name", "last_name", "title", "company", "email", "phone", *ADDRESS, "note")


def fields_of(model: type[Record]) -> tuple[str, ...]:
    """What people may write, in the order in which it is shown."""
    return {Company: COMPANY_FIELDS, Person: PERSON_FIELDS}[model]


def tidied(model: type[Record], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values by column (`company_id` for `company`), trimmed and in their canonical spelling.

    Raises LookupError for a field nobody may write, ValidationError for a number that is none.
    """
    unknown = set(values) - set(fields_of(model))
    if unknown:
        raise LookupError(f"{model.__name__} has no writable field {sorted(unknown)}.")
    fields = {field.name: field for field in model._meta.concrete_fields}
    return {fields[name].attname: _tidy(fields[name], value) for name, value in values.items()}


def _tidy(field: models.Field[Any, Any], value: Any) -> Any:
    if isinstance(field, models.ForeignKey):
        return value.pk if isinstance(value, models.Model) else value or None
    if isinstance(field, models.IntegerField):
        try:
            return None if value in (None, "") else field.to_python(value)
        except ValidationError as error:
            raise ValidationError({field.name: error}) from error
    return tidy_text(field.name, "" if value is None else str(value))


def tidy_text(name: str, text: str) -> str:
    """One text as it is stored: composed characters, no space around it, addresses in their usual case."""
    text = unicodedata.normalize("NFC", text)
    if name == "note":
        return text.replace("\r\n", "\n").replace("\r", "\n").strip()
    text = " ".join(text.split())
    if name == "email":
        return text.lower()
    if name == "domain":
        return text.lower().partition("://")[2].partition("/")[0] or text.lower().partition("/")[0]
    return text.upper() if name == "country" else text
