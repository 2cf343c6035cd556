"""What of a version goes on paper."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from tillit.foundation.formats import local_date
from tillit.foundation.texts import LANGUAGE_NAMES
from tillit.trust import queries as register
from tillit.trust.agreements.models import AgreementVersion
from tillit.trust.agreements.sealed.printed import Attached, Chapter, Printed
from tillit.trust.agreements.sealed.sealkey import Seal
from tillit.trust.models import Operator


def document_of(version: AgreementVersion, language: str, seal: Seal) -> Printed:
    """One agreement by itself, with the text that is hashed as a file inside."""
    held = register.operator()
    chapter = chapter_of(version, language, held)
    return Printed(
        title=chapter.title,
        author=owner(held),
        language=language,
        seal=seal,
        chapters=[chapter],
        subtitle=chapter.version,
        keywords=f"{version.agreement} {version.number}, {version.label}, sha256:{version.sha256[language]}",
        attached=[source_of(version, language)],
        made_at=timezone.now(),
    )


def chapter_of(version: AgreementVersion, language: str, held: Operator | None, **options: bool) -> Chapter:
    zone = ZoneInfo(held.time_zone if held else "UTC")
    with translation.override(language):
        facts = [
            (_("In force from"), local_date(version.valid_from.astimezone(zone).date(), "long")),
            (_("Language"), _language(language, version.binding_language)),
            (_("SHA-256 of the text"), version.sha256[language]),
        ]
        label = _("Version %(label)s (no. %(number)s)") % {"label": version.label, "number": version.number}
    return Chapter(
        key=version.agreement,
        title=version.title[language],
        version=label,
        language=language,
        parts=version.parts(language),
        facts=facts,
        **options,
    )


def source_of(version: AgreementVersion, language: str) -> Attached:
    """The canonical text: its SHA-256 is the version's hash."""
    name = f"{version.agreement}-{version.number}.{language}.md"
    return Attached(name, version.canonical(language), version.title[language])


def owner(held: Operator | None) -> str:
    return (held.legal_entity or held.name) if held else ""


def _language(language: str, binding: str) -> str:
    said = str(LANGUAGE_NAMES.get(language, language))
    if language == binding:
        return _("%(language)s; this text is binding") % {"language": said}
    told = _("%(language)s; if the languages differ, the text in %(binding)s is binding")
    return told % {"language": said, "binding": LANGUAGE_NAMES.get(binding, binding)}
