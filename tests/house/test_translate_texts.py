"""Whatever the product says in English it says in German and Norwegian, with the same placeholders."""

from __future__ import annotations

import re

import pytest
from babel.messages.pofile import read_po
from texts import HOUSE, LANGUAGES, gaps

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated(language):
    assert gaps(language) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_keep_their_placeholders(language):
    wrong = []
    for path in HOUSE.rglob(f"locale/{language}/LC_MESSAGES/django.po"):
        with path.open("rb") as file:
            for message in read_po(file, locale=language):
                originals = message.id if isinstance(message.id, (tuple, list)) else (message.id,)
                strings = message.string if isinstance(message.string, (tuple, list)) else (message.string,)
                wanted = set(PLACEHOLDER.findall("".join(originals)))
                found = set(PLACEHOLDER.findall("".join(strings)))
                if message.id and all(strings) and wanted != found:
                    wrong.append(f"{path.relative_to(HOUSE)}: {message.id!r}")
    assert wrong == []


def test_german_is_written_for_swiss_readers_too():
    """No ß: `ss` reads well in both countries."""
    found = [str(path) for path in HOUSE.rglob("locale/de/LC_MESSAGES/django.po") if "ß" in path.read_text()]
    assert found == []
