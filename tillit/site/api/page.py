"""The OpenAPI document as tables for people: every operation with its parameters, bodies, answers and examples."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from tillit.site.api.document import Json
from tillit.site.api.problems import KINDS, PAUSED


def page_of(document: Json) -> Json:
    """The context of the page: introduction, operations by tag, errors."""
    groups: dict[str, list[Json]] = {}
    for address, operations in document["paths"].items():
        for method, operation in operations.items():
            shown = _operation(document, method, address, operation)
            groups.setdefault(operation["tags"][0], []).append(shown)
    introduction = [_marked(part) for part in document["info"]["description"].strip().split("\n\n")]
    kinds = [*KINDS.items(), (503, PAUSED)]
    errors = [{"status": status, "kind": kind, "meaning": _marked(kind.meaning)} for status, kind in kinds]
    return {"introduction": introduction, "groups": groups, "errors": errors}


def _operation(document: Json, method: str, address: str, operation: Json) -> Json:
    body = _schema_in(document, operation.get("requestBody"))
    status, good = next(iter(operation["responses"].items()))
    answer = _schema_in(document, good)
    errors = [code for code in operation["responses"] if code >= 400]
    return {
        "id": operation["operationId"],
        "method": method.upper(),
        "address": address,
        "summary": operation["summary"],
        "description": [_marked(part) for part in operation.get("description", "").split("\n\n")],
        "parameters": [_field(one["name"], one["schema"], one) for one in operation["parameters"]],
        "body": list(_fields(body)),
        "body_example": _as_text(_example(document, body)) if body else "",
        "status": status,
        "answer": list(_fields(answer)),
        "answer_example": _as_text(_example(document, answer)) if answer else "",
        "errors": [{"status": code, "kind": KINDS[code]} for code in errors],
    }


def _schema_in(document: Json, part: Json | None) -> Json | None:
    content = (part or {}).get("content", {}).get("application/json")
    return _resolved(document, content["schema"]) if content else None


def _resolved(document: Json, schema: Json) -> Json:
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def _fields(schema: Json | None) -> Iterator[Json]:
    for name, field in (schema or {}).get("properties", {}).items():
        yield _field(name, field, {"required": name in (schema or {}).get("required", ())})


def _field(name: str, schema: Json, about: Json) -> Json:
    """A row of a table: name, type, limits, description."""
    description = about.get("description") or schema.get("description", "")
    return {
        "name": name,
        "where": about.get("in", ""),
        "required": about.get("required", False),
        "type": _type_of(schema),
        "limits": _limits_of(schema),
        "description": _marked(description),
    }


def _type_of(schema: Json) -> str:
    if "anyOf" in schema:
        return " or ".join(_type_of(one) for one in schema["anyOf"])
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if schema.get("type") == "array":
        return f"list of {_type_of(schema['items'])}"
    return "date and time" if schema.get("format") == "date-time" else str(schema.get("type", ""))


def _limits_of(schema: Json) -> str:
    said = []
    if "enum" in schema:
        said.append("one of " + ", ".join(f"`{value}`" for value in schema["enum"]))
    if "maxLength" in schema:
        said.append(f"at most {schema['maxLength']:,} characters")
    if "maximum" in schema:
        said.append(f"from {schema['minimum']} to {schema['maximum']}")
    if schema.get("default") not in (None, ""):
        said.append(f"else `{schema['default']}`")
    return _marked(", ".join(said))


def _example(document: Json, schema: Json | None) -> Any:
    """What a value of this schema may look like, from the examples of its fields."""
    schema = _resolved(document, schema or {})
    if "properties" in schema:
        return {name: _example(document, field) for name, field in schema["properties"].items()}
    if schema.get("type") == "array":
        return [_example(document, schema["items"])]
    return next(iter(schema.get("examples", ())), schema.get("default"))


def _as_text(example: Any) -> str:
    return json.dumps(example, ensure_ascii=False, indent=2)


def _marked(text: str) -> SafeString:
    """Our own texts: `code` and **strong** as HTML, everything else escaped."""
    html = re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))
    return mark_safe(re.sub(r"\*\*([^*]+)\*\*", r"<strong>\1</strong>", html))  # noqa: S308 - escaped above
