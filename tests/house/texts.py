"""Every text the product may say, and what the catalogues know of it. `python tests/house/texts.py` lists gaps."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import django
from babel.messages.extract import extract
from babel.messages.pofile import read_po
from django.conf import settings
from django.utils.translation.template import templatize

HOUSE = Path(__file__).resolve().parents[2] / "tillit"
LANGUAGES = ("de", "nb")
KEYWORDS = {
    "_": None, "gettext": None, "gettext_lazy": None, "gettext_noop": None,
    "ngettext": (1, 2), "ngettext_lazy": (1, 2), "pgettext": ((1, "c"), 2), "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}  # fmt: skip


def said_in(path: Path) -> Iterator[tuple[int, str]]:
    """Line and first form of every translatable text in a Python file or template."""
    source = path.read_text()
    if path.suffix == ".html" or path.suffix == ".txt":
        flat = (line.strip() for line in templatize(source, origin=str(path)).splitlines())
        source = "\n".join(flat)  # without indentation it can be read as Python
    for line, message, _comments, context in extract("python", io.BytesIO(source.encode()), keywords=KEYWORDS):
        first = message[0] if isinstance(message, tuple) else message
        if first:
            yield line, f"{context}\x04{first}" if context else first


def said() -> Iterator[tuple[Path, int, str]]:
    for path in sorted(HOUSE.rglob("*")):
        if path.suffix in (".py", ".html", ".txt") and not {"tests", "migrations"} & set(path.parts):
            for line, text in said_in(path):
                yield path, line, text


def known(language: str) -> set[str]:
    """Texts with a complete translation in any of our catalogues."""
    texts = set()
    for path in HOUSE.rglob(f"locale/{language}/LC_MESSAGES/django.po"):
        with path.open("rb") as file:
            for message in read_po(file, locale=language):
                strings = message.string if isinstance(message.string, (tuple, list)) else (message.string,)
                if message.id and all(strings) and not message.fuzzy:
                    first = message.id[0] if isinstance(message.id, (tuple, list)) else message.id
                    texts.add(f"{message.context}\x04{first}" if message.context else first)
    return texts


def gaps(language: str) -> list[str]:
    texts = known(language)
    return [f"{path.relative_to(HOUSE)}:{line}: {text!r}" for path, line, text in said() if text not in texts]


if __name__ == "__main__":
    settings.configure(USE_I18N=True, LANGUAGE_CODE="en")
    django.setup()
    for language in LANGUAGES:
        for gap in gaps(language):
            print(language, gap)
