"""What is wrong with a value, in a sentence of the caller's language."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

FieldError = dict[str, str]

# By pydantic's names of errors. What a text must look like beyond being one is said by the models, through Django.
_SENTENCES: dict[str, Promise] = {
    "missing": gettext_lazy("This value is needed."),
    "extra_forbidden": gettext_lazy("There is no field of this name."),
    "string_type": gettext_lazy("This must be text."),
    "int_type": gettext_lazy("This must be a whole number."),
    "int_parsing": gettext_lazy("This must be a whole number."),
    "int_parsing_size": gettext_lazy("This number is too large."),
    "bool_parsing": gettext_lazy("This must be true or false."),
    "model_type": gettext_lazy("This must be a JSON object."),
    "model_attributes_type": gettext_lazy("This must be a JSON object."),
    "dict_type": gettext_lazy("This must be a JSON object."),
    "literal_error": gettext_lazy("This must be one of: %(expected)s."),
    "greater_than_equal": gettext_lazy("This must be at least %(ge)s."),
    "less_than_equal": gettext_lazy("This must be at most %(le)s."),
    "string_too_long": gettext_lazy("This may have at most %(max_length)s characters."),
}
_DEPTH = {"body": 2, "query": 1, "path": 1}  # parts of a location before the field: source, and the body's own name


def errors_of_types(errors: Iterable[dict[str, Any]]) -> list[FieldError]:
    """What ninja found when it read the parameters and the body."""
    return [{"field": _field(error["loc"]), "message": _sentence(error)} for error in errors]


def errors_of_fields(error: ValidationError, general: str) -> list[FieldError]:
    """What the models found, by field; `general` is Django's name for what concerns no single one."""
    found = error.message_dict if hasattr(error, "error_dict") else {general: error.messages}
    return [
        {"field": "" if field == general else field, "message": message}
        for field, messages in found.items()
        for message in messages
    ]


def where_json_breaks(said: str) -> str:
    """Why a body could not be read; `said` is the parser's own sentence."""
    place = re.search(r"line (?P<line>\d+) column (?P<column>\d+)", said)
    if place is None:
        return _("The body is not valid JSON.")
    return _("The body is not valid JSON: see line %(line)s, column %(column)s.") % place.groupdict()


def _field(location: tuple[Any, ...]) -> str:
    return ".".join(str(part) for part in location[_DEPTH.get(location[0], 1) :])


def _sentence(error: dict[str, Any]) -> str:
    if error["type"] == "missing" and not _field(error["loc"]):
        return _("The request needs a body: a JSON object.")
    sentence = _SENTENCES.get(error["type"])
    if sentence is None:
        return _("This value is not valid.")
    context = error.get("ctx", {})
    return str(sentence) % {name: str(value).replace(" or ", ", ").replace("'", "") for name, value in context.items()}
