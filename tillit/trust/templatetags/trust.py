"""How the register's entries are written on a page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from tillit.foundation import texts
from tillit.foundation.formats import country_name, locale
from tillit.foundation.purposes import known_purposes
from tillit.trust.history import Changed, changes_of
from tillit.trust.models import Agreement, Processor
from tillit.trust.writing import as_value

register = template.Library()


@register.filter
def language_name(code: str) -> str:
    """The language's name in the reader's language."""
    return locale().languages.get(code, code)


@register.filter
def parts(names: str) -> list[str]:
    return names.split()


@register.filter
def bare_address(address: str) -> str:
    """An address as people read it: without its scheme."""
    return address.removeprefix("mailto:").removeprefix("https://").rstrip("/")


@register.filter
def country_names(codes: Iterable[str]) -> str:
    return ", ".join(country_name(code) for code in codes)


@register.filter
def unmarked(value: dict[str, str] | None, order: Iterable[str] = ()) -> SafeString:
    """A text with its language in the markup only, where a mark beside it says more (`marks`)."""
    chosen, code = texts.pick(value or {}, order=order or ())
    if not texts.language_mark(code):
        return format_html("{}", chosen)
    return format_html('<span lang="{}">{}</span>', code, chosen)


@register.simple_tag
def marks(agreement: Agreement, order: Iterable[str] = ()) -> SafeString:
    """“(English, pdf)”: what a reader should know of a document before opening it."""
    reader = (get_language() or "en")[:2]
    foreign = [] if reader in agreement.languages else agreement.languages
    said = [language_name(code) for code in foreign]
    title_language = texts.pick(agreement.title, order=order or ())[1]
    if title_language not in (reader, *foreign):
        said.append(gettext("title: %(language)s") % {"language": language_name(title_language)})
    if agreement.file:
        said.append(agreement.get_file_display())
    return format_html('<span class="lang-mark">({})</span>', ", ".join(said)) if said else SafeString("")


WORDS = {"added": _("added"), "changed": _("changed"), "removed": _("removed"), "moved": _("moved")}
TONES = {"added": "good", "changed": "info", "removed": "bad", "moved": "idle"}


@register.filter
def difference_word(kind: str) -> str:
    return str(WORDS[kind])


@register.filter
def difference_tone(kind: str) -> str:
    return TONES[kind]


@register.filter
def as_said(value: object) -> str:
    """A value of the register as its file writes it, texts without quotation marks."""
    return value if isinstance(value, str) else as_value(value)


@register.filter
def item(mapping: Mapping[str, Any], key: str) -> Any:
    return mapping.get(key, key)


@register.filter
def purpose_label(name: str) -> str:
    known = known_purposes().get(name)
    return str(known.label) if known else name


@register.filter
def purpose_rests(name: str) -> str:
    known = known_purposes().get(name)
    return str(known.rests) if known else ""


DETAILS = (
    "legal_entity", "lei", "registration", "storage_countries", "processing_countries", "purposes", "reached_at",
    "data_categories", "transfer_basis", "transfer_document", "transfer_review", "contact",
)  # fmt: skip


@register.filter
def details(row: Processor, processors: Iterable[Processor] | None = None) -> list[Changed]:
    """What the five columns have no room for; the company it works for by its name."""
    found = changes_of("processors", None, row, DETAILS)
    if row.parent:
        names = {one.slug: one.name for one in processors or ()}
        found.append(Changed(gettext("Works for"), "", names.get(row.parent, row.parent)))
    if row.number:
        found.append(Changed(gettext("Version"), "", str(row.number)))
    return found
