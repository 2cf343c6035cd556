"""Values of companies and persons as they are stored: the one place where what people type is tidied."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from tillit.crm.models import Company, Person, Record

ADDRESS = ("street", "postal_code", "city", "country")
COMPANY_FIELDS = (
    *("name", "industry", "domain", "email", "phone", *ADDRESS),
    *("registration_number", "code", "founded", "employees", "note"),
)
PERSON_FIELDS = ("first_name", "last_name", "title", "company", "email", "phone", *ADDRESS, "note")
LONGEST_HOST = 253  # characters, RFC 1035
_HOST = re.compile(r"([^\W_](?:[\w-]{0,61}[^\W_])?\.)+(?:[^\W\d_]{2,63}|xn--[a-z0-9-]{2,59})")
_DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069]")  # overrides of writing direction would leak into the page
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)


def fields_of(model: type[Record]) -> tuple[str, ...]:
    """What people may write, in the order in which it is shown."""
    return {Company: COMPANY_FIELDS, Person: PERSON_FIELDS}[model]


def tidied(model: type[Record], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values by column (`company_id` for `company`), trimmed and in their canonical spelling.

    Raises LookupError for a field nobody may write, ValidationError for a number or a web address that is none.
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
    text = tidy_text(field.name, "" if value is None else str(value))
    if field.name == "domain" and text:
        try:
            return tidy_domain(text)
        except ValidationError as error:
            raise ValidationError({field.name: error}) from error
    return text


def tidy_text(name: str, text: str) -> str:
    """One text as it is stored: composed characters, no space around it, addresses in their usual case.

    A domain that is none stays as it is, so that whoever looks for it finds nothing; who stores it asks `tidied`.
    """
    text = unicodedata.normalize("NFC", text)
    if name == "note":
        return text.replace("\r\n", "\n").replace("\r", "\n").strip()
    text = " ".join(_DIRECTION.sub("", text).split())
    if not any(sign.isprintable() and not sign.isspace() for sign in text):
        return ""  # invisible signs only: nobody could find or click it
    if name == "email":
        return text.lower()
    if name == "domain" and text:
        try:
            return tidy_domain(text)
        except ValidationError:
            return text
    return text.upper() if name == "country" else text


def tidy_domain(text: str) -> str:
    """The host of a web address as it is stored and compared: `nordlys.example` of `https://www.Nordlys.example/om`.

    In letters, not in the IDNA spelling `xn--…`. Raises ValidationError with a sentence if there is no such host.
    """
    scheme = _SCHEME.match(text)
    host = re.split(r"[/?#]", text[scheme.end() :] if scheme else text, maxsplit=1)[0].lower()
    if scheme:
        host = host.rpartition("@")[2]  # `user:password@`
    host = re.sub(r":\d+$", "", host).rstrip(".").removeprefix("www.")
    if "xn--" in host:
        try:
            host = host.encode("ascii").decode("idna")
        except UnicodeError:
            host = ""
    if len(host) > LONGEST_HOST or not _HOST.fullmatch(host):
        raise ValidationError(_("“%(text)s” is no web address.") % {"text": shown(text)})
    return host


def shown(text: str) -> str:
    """Text of any length as it stands in a sentence."""
    return text if len(text) <= 60 else f"{text[:59]}…"
