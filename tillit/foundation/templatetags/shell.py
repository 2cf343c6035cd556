"""Presentational tags of the shell: icons, form fields, the summary of errors, tones of messages."""

from __future__ import annotations

import functools
from typing import Any

from django import template
from django.forms import BaseForm, BoundField, CheckboxInput, RadioSelect, Select
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

TONES = {"success": "good", "error": "bad", "warning": "warn", "info": "info", "debug": "idle"}


@register.simple_tag
@functools.lru_cache(maxsize=1024)
def icon(name: str, label: str = "") -> SafeString:
    """A drawing from icons.svg. Without a label it is decoration and assistive technology skips it."""
    source = f"{static('icons/icons.svg')}#{name}"
    if label:
        return format_html('<svg class="icon" role="img" aria-label="{}"><use href="{}"/></svg>', label, source)
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}"/></svg>', source)


@register.inclusion_tag("foundation/field.html")
def field(bound: BoundField, width: str = "", optional: bool = True) -> dict[str, Any]:
    """Label, hint, control and error of one form field. `width`: "short", "medium", or nothing for the full width."""
    widget = bound.field.widget
    if width and "class" not in widget.attrs:
        widget.attrs["class"] = width
    return {
        "field": bound,
        "single_check": isinstance(widget, CheckboxInput),
        "choices": isinstance(widget, RadioSelect) or (widget.use_fieldset and isinstance(widget, Select)),
        "show_optional": optional and not bound.field.required,
    }


@register.inclusion_tag("foundation/error_summary.html")
def error_summary(form: BaseForm, focus: bool = True) -> dict[str, Any]:
    """What is wrong with the form, each sentence a link to its field; nothing when all is well. Takes the focus."""
    fields = [bound for bound in form if bound.errors] if form.is_bound else []
    return {"focus": focus, "fields": fields, "general": form.non_field_errors() if form.is_bound else []}


@register.filter
def tone(level: str) -> str:
    """Django's name of a message level in the words of `data-tone`."""
    return TONES.get(level, "info")


@register.filter
def introducing(label: object) -> str:
    """A label before a sentence about it: with a colon, unless it is a question."""
    said = str(label)
    return said if said.endswith("?") else f"{said}:"


@register.filter
def initials(name: object) -> str:
    """At most two letters that stand for a person or a company."""
    words = [word for word in str(name or "").replace("@", " ").split() if word[0].isalnum()]
    return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words[:1])) or "?"
