"""Half a year of agreements: all of them at its beginning, a second data processing agreement near its end.

Everything is made by the room's own actions, at times the loader tells. The texts are samples (`texts/seed/`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from tillit.foundation import clock
from tillit.foundation.access import Actor
from tillit.trust.agreements import queries
from tillit.trust.agreements.actions import Authority, accept_agreement, draft_agreement, publish_agreement
from tillit.trust.agreements.models import AgreementVersion

TEXTS = Path(__file__).parent / "texts" / "seed"
HALF_A_YEAR = 182  # days
CHANGED, LABEL = "crm-online-dpa", "2026-2"
ANNOUNCED, NOTICE = 12, 30  # days ago; days from then to its beginning
# A personal data breach is reported sooner; the figure stands in one clause of every language.
BEFORE, AFTER = "{{ literal 24 }}", "{{ literal 12 }}"
CHANGES = {
    "de": "Ziffer 9.2: Wir melden Verletzungen des Schutzes personenbezogener Daten nach 12 statt nach 24 Stunden.",
    "en": "Clause 9.2: we report a personal data breach after 12 hours at the latest instead of 24.",
    "nb": "Punkt 9.2: Vi melder brudd på personopplysningssikkerheten senest etter 12 timer i stedet for 24.",
}


def tell_half_a_year(staff: Actor, administrators: Sequence[Actor], until: datetime) -> None:
    """The agreements' past. `staff` may publish; the register was applied before it began.

    Every administrator accepts what asks for it in the first week; the last one has accepted the new version as well.
    """
    began = until - timedelta(days=HALF_A_YEAR)
    texts = _texts()
    with clock.at(began):
        listed = {one.slug for one in queries.entries()}
        for slug in sorted(listed & texts.keys()):
            _publish(staff, slug, texts[slug], began)
    for days, person in enumerate(administrators, 1):
        with clock.at(began + timedelta(days=days, hours=days)):
            _accept_all(person)
    if CHANGED not in listed & texts.keys():
        return
    announced = until - timedelta(days=ANNOUNCED)
    with clock.at(announced):
        _publish(staff, CHANGED, _changed(texts[CHANGED]), announced + timedelta(days=NOTICE))
    for person in administrators[-1:]:
        with clock.at(announced + timedelta(days=3)):
            _accept_all(person)


def _texts() -> dict[str, dict[str, str]]:
    """By agreement and language."""
    found: dict[str, dict[str, str]] = {}
    for path in sorted(TEXTS.glob("*.md")):
        slug, language, _md = path.name.split(".")
        found.setdefault(slug, {})[language] = path.read_text("utf-8")
    return found


def _changed(texts: dict[str, str]) -> dict[str, str]:
    """The next version: one figure of one clause, and what is said about it."""
    changed = {}
    for code, text in texts.items():
        said = text.replace(BEFORE, AFTER).replace('version = "2026-1"', f'version = "{LABEL}"')
        changed[code] = said.replace('changes = ""', f'changes = "{CHANGES[code]}"')
    return changed


def _publish(staff: Actor, slug: str, texts: dict[str, str], begins: datetime) -> AgreementVersion:
    day = f"valid_from = {begins:%Y-%m-%d}"
    dated = {code: re.sub(r"(?m)^valid_from = .*$", day, text) for code, text in texts.items()}
    draft_agreement(staff, agreement=slug, texts=dated)
    return publish_agreement(staff, agreement=slug, valid_from=begins)


def _accept_all(person: Actor) -> None:
    """In the person's language where there is a text in it."""
    if person.user is None:
        return
    for version in queries.waiting(person.tenant):
        language = version.language_for(person.user.language)
        accept_agreement(
            person,
            version=version,
            language=language,
            sha256=version.sha256[language],
            authority=Authority(person.user.name, "Managing director"),
        )
