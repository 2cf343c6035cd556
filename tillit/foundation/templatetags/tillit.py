"""Tags and filters every room's templates may load."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any

from django import template
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString

from tillit.foundation import formats, texts
from tillit.foundation.panels import render_panels

register = template.Library()
for _filter in (
    formats.local_date,
    formats.local_datetime,
    formats.local_number,
    formats.country_name,
):
    register.filter(_filter.__name__, _filter)


@register.simple_tag(takes_context=True)
def panels(context: dict[str, Any], place: str, **arguments: Any) -> SafeString:
    request = context.get("request")
    return render_panels(request, place, **arguments) if request else SafeString("")


@register.simple_tag
def constant(template_name: str) -> SafeString:
    """A template that says the same on every page, in every language: rendered once in the life of the process."""
    return _constant(template_name)


@functools.cache
def _constant(template_name: str) -> SafeString:
    return render_to_string(template_name)


@register.filter
def text(value: dict[str, str] | None, order: Iterable[str] = ()) -> SafeString:
    """A multilingual text in the reader's language; one in another language carries a `lang` attribute and a mark.

    `order` says which languages to fall back to first.
    """
    chosen, code = texts.pick(value or {}, order=order or ())
    mark = texts.language_mark(code) if chosen else ""
    if not mark:
        return format_html("{}", chosen)
    return format_html('<span lang="{}">{}</span> <span class="lang-mark">({})</span>', code, chosen, mark)


@register.filter
def plain_text(value: dict[str, str] | None) -> str:
    return texts.pick(value or {})[0]


@register.filter
def may(actor: Any, grant: str) -> bool:
    return actor.may(grant)
