"""Reading what was sealed."""

from __future__ import annotations

from tillit.trust.agreements.models import AgreementVersion, Bundle, SealedDocument


def document(version: AgreementVersion, language: str) -> SealedDocument | None:
    return SealedDocument.objects.filter(version=version, language=language).first()


def missing_languages(version: AgreementVersion) -> list[str]:
    """Languages of a version whose PDF has not been made yet, the binding one first."""
    made = set(SealedDocument.objects.filter(version=version).values_list("language", flat=True))
    return [code for code in version.languages if code not in made]


def versions_without_document() -> list[int]:
    """Versions, by primary key, of which a PDF is missing in at least one language."""
    made: dict[int, int] = {}
    for pk in SealedDocument.objects.values_list("version", flat=True):
        made[pk] = made.get(pk, 0) + 1
    hashes = AgreementVersion.objects.order_by("pk").values_list("pk", "sha256")
    return [pk for pk, sha256 in hashes if made.get(pk, 0) < len(sha256)]


def bundles() -> list[Bundle]:
    """The active tenant's bundles, newest first."""
    return list(Bundle.objects.select_related("file", "asked_by")[:20])
