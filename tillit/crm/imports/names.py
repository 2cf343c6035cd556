"""A person's name written in one cell, in two parts."""

from __future__ import annotations

import re

# Particles that belong to the last name: German, Dutch, Romance, Arabic, Scandinavian
_PARTICLES = frozenset(
    "von vom zu zum zur van der den de del della di da do dos du la le af av ten ter bin ibn al el".split()  # noqa: SIM905
)
# Han, Hangul, kana: the family name comes first
_EAST_ASIAN = re.compile(r"[\u1100-\u11ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\u30fb ]+")


def split_name(full: str) -> tuple[str, str]:
    """First and last name; the first is empty if there is only one word.

    `Nordmann, Kari` and `Kari Nordmann` give the same; `Ludwig van Beethoven` keeps the particle with the last name.
    Any guess of this kind is wrong for some people, so both parts stay editable.
    """
    last, comma, first = full.partition(",")
    if comma and first.strip() and last.strip():
        return first.strip(), last.strip()
    words = full.replace(",", " ").split()
    if len(words) < 2:
        return "", " ".join(words)
    if _EAST_ASIAN.fullmatch(full):
        return " ".join(words[1:]), words[0]
    start = len(words) - 1
    while start > 1 and words[start - 1].casefold() in _PARTICLES:
        start -= 1
    return " ".join(words[:start]), " ".join(words[start:])
