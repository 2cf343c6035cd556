"""Advisories for programs: the Common Security Advisory Framework 2.0 (OASIS), profile `csaf_security_advisory`.

https://docs.oasis-open.org/csaf/csaf/v2.0/os/csaf-v2.0-os.html
"""

from __future__ import annotations

from typing import Any

from django.conf import settings

from tillit.availability.advisories.models import Advisory
from tillit.foundation.texts import pick

Json = dict[str, Any]
LANGUAGE = "en"  # of a document there is one; people read theirs on the page


def document(advisory: Advisory, operator: str) -> Json:
    """A published advisory; its revisions must be loaded or are."""
    revisions = list(advisory.revisions.all())
    return {
        "document": {
            "category": "csaf_security_advisory",
            "csaf_version": "2.0",
            "title": _text(advisory.title),
            "lang": LANGUAGE,
            "distribution": {"tlp": {"label": "WHITE"}},
            "publisher": publisher(operator),
            "aggregate_severity": {"text": str(advisory.severity)},
            "notes": [{"category": "summary", "text": _text(advisory.summary)}],
            "references": [
                {"category": "self", "summary": "This document", "url": address(advisory)},
                {"category": "self", "summary": "For people", "url": f"{base()}/status/advisories/{advisory.slug}/"},
            ],
            "tracking": {
                "id": advisory.slug.upper(),
                "status": "final",
                "version": str(len(revisions)),
                "initial_release_date": revisions[0].at.isoformat(timespec="seconds"),
                "current_release_date": revisions[-1].at.isoformat(timespec="seconds"),
                "revision_history": [
                    {"number": str(one.number), "date": one.at.isoformat(timespec="seconds"), "summary": one.because}
                    for one in revisions
                ],
            },
        },
        "product_tree": {"full_product_names": [_product(release) for release in _releases(advisory)]},
        "vulnerabilities": [_vulnerability(advisory, cve) for cve in advisory.cves or [""]],
    }


def provider(operator: str, last_updated: str) -> Json:
    """`/.well-known/csaf/provider-metadata.json`: who publishes here, and where."""
    return {
        "canonical_url": f"{base()}/.well-known/csaf/provider-metadata.json",
        "distributions": [{"directory_url": f"{base()}/.well-known/csaf/white/"}],
        "last_updated": last_updated,
        "list_on_CSAF_aggregators": True,
        "metadata_version": "2.0",
        "mirror_on_CSAF_aggregators": True,
        "publisher": publisher(operator),
        "role": "csaf_publisher",
    }


def publisher(name: str) -> Json:
    return {"category": "vendor", "name": name, "namespace": base()}


def path(advisory: Advisory) -> str:
    """Below the directory: the year of first publication, and the identifier in small letters."""
    year = advisory.published_at.year if advisory.published_at else 0
    return f"{year}/{advisory.slug}.json"


def address(advisory: Advisory) -> str:
    return f"{base()}/.well-known/csaf/white/{path(advisory)}"


def base() -> str:
    return f"https://{settings.BASE_HOST}"


def _text(texts: dict[str, str]) -> str:
    return texts.get(LANGUAGE) or pick(texts)[0]


def _releases(advisory: Advisory) -> list[str]:
    return list(dict.fromkeys([*advisory.affected, *([advisory.fixed_in] if advisory.fixed_in else [])]))


def _product(release: str) -> Json:
    return {"name": f"Tillit {release}", "product_id": f"tillit-{release}"}


def _vulnerability(advisory: Advisory, cve: str) -> Json:
    affected = [f"tillit-{release}" for release in advisory.affected if release != advisory.fixed_in]
    status: Json = {"known_affected": affected} if affected else {}
    remedy = {"category": "none_available", "details": "There is no fixed release yet.", "product_ids": affected}
    if advisory.fixed_in:
        status["fixed"] = [f"tillit-{advisory.fixed_in}"]
        details = f"Run release {advisory.fixed_in} or later."
        remedy = {"category": "vendor_fix", "details": details, "product_ids": affected}
    told: Json = {"cve": cve} if cve else {"title": _text(advisory.title)}
    told |= {"notes": [{"category": "description", "text": _text(advisory.summary)}], "product_status": status}
    if advisory.commit:
        told["ids"] = [{"system_name": "commit", "text": advisory.commit}]
    return told | ({"remediations": [remedy]} if affected else {})
