"""Texts kept in several languages as `{"de": "…", "en": "…"}`, and the fallback that says so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

FALLBACKS = ("en", "de", "nb")
CONTROLS = dict.fromkeys([*range(0x20), *range(0x7F, 0xA0)], " ")  # line ends among them; those beyond, `split` knows
LANGUAGE_NAMES = {"en": _("English"), "de": _("German"), "nb": _("Norwegian")}


def pick(texts: Mapping[str, str], language: str | None = None, order: Iterable[str] = ()) -> tuple[str, str]:
    """The text in the wanted language, else in the first of `order` that there is; and the language it is in."""
    wanted = (language or get_language() or "en")[:2]
    for code in (wanted, *order, *FALLBACKS, *texts):
        if texts.get(code):
            return texts[code], code
    return "", wanted


def one_line(text: str) -> str:
    """A name as it may stand in a mail's subject: without line breaks, control characters and doubled blanks."""
    return " ".join(text.translate(CONTROLS).split())


def one_line_each(texts: Mapping[str, str]) -> dict[str, str]:
    """A name in several languages, each in one line."""
    return {code: one_line(text) for code, text in texts.items()}


def language_mark(code: str, language: str | None = None) -> str:
    """“English” where a text is not in the reader's language, else nothing."""
    wanted = (language or get_language() or "en")[:2]
    return "" if code == wanted else str(LANGUAGE_NAMES.get(code, code))


def marked(texts: Mapping[str, str]) -> str:
    """In plain text; followed by the name of its language where that is not the reader's."""
    said, code = pick(texts)
    mark = language_mark(code) if said else ""
    between = "\n\n" if "\n" in said else " "
    return f"{said}{between}({mark})" if mark else said
