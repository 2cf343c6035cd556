"""Texts kept in several languages as `{"de": "…", "en": "…"}`, and the fallback that says so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

FALLBACKS = ("en", "de", "nb")
LANGUAGE_NAMES = {"en": _("English"), "de": _("German"), "nb": _("Norwegian")}


def pick(texts: Mapping[str, str], language: str | None = None, order: Iterable[str] = ()) -> tuple[str, str]:
    """The text in the wanted language, else in the first of `order` that there is; and the language it is in."""
    wanted = (language or get_language() or "en")[:2]
    for code in (wanted, *order, *FALLBACKS, *texts):
        if texts.get(code):
            return texts[code], code
    return "", wanted


def language_mark(code: str, language: str | None = None) -> str:
    """“English” where a text is not in the reader's language, else nothing."""
    wanted = (language or get_language() or "en")[:2]
    return "" if code == wanted else str(LANGUAGE_NAMES.get(code, code))
