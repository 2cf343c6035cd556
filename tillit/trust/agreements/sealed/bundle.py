"""Everything in force for a customer as one document (DORA, Article 30(1)): what is in it, and in which order."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from tillit.foundation.formats import local_date, local_datetime
from tillit.foundation.models import Tenant
from tillit.trust import queries as register
from tillit.trust.agreements import queries
from tillit.trust.agreements.models import Acceptance, AgreementVersion
from tillit.trust.agreements.sealed.annexes import annexes
from tillit.trust.agreements.sealed.chapters import chapter_of, owner, source_of
from tillit.trust.agreements.sealed.printed import Annex, Attached, Printed, Table
from tillit.trust.agreements.sealed.sealkey import Seal
from tillit.trust.choices import Kind

FORMAT = 1
ORDER = [Kind.CONTRACT, Kind.ADDENDUM, Kind.DATA_PROCESSING, Kind.PROCESSOR_LIST, Kind.TERMS, Kind.POLICY, Kind.CONDUCT]


@dataclass(frozen=True)
class Held:
    """One agreement of the bundle: its version in force, the language it is printed in, and what was accepted."""

    version: AgreementVersion
    language: str
    accepted: Acceptance | None

    @property
    def title(self) -> str:
        return str(self.version.title[self.language])


def held_by(language: str) -> list[Held]:
    """What is in force for the active tenant and open to it: contracts first, then as in the register."""
    shelves = [one for one in queries.standings() if one.readable]
    shelves.sort(key=lambda one: ORDER.index(Kind(one.shelf.entry.kind)))
    begun = [(one.shelf.in_force, one.accepted) for one in shelves]
    versions = AgreementVersion.objects.in_bulk([version.pk for version, _accepted in begun if version])
    found = []
    for version, accepted in begun:
        if version:
            chosen = language if language in version.sha256 else version.binding_language
            found.append(Held(versions[version.pk], chosen, accepted))
    return found


def compose(tenant: Tenant, language: str, seal: Seal) -> tuple[Printed, dict[str, Any]]:
    """The document and its manifest. Belongs inside the tenant; touches nothing."""
    with translation.override(language), timezone.override(ZoneInfo(tenant.time_zone)):
        return _compose(tenant, language, seal)


def _compose(tenant: Tenant, language: str, seal: Seal) -> tuple[Printed, dict[str, Any]]:
    held = held_by(language)
    operator = register.operator()
    contents = manifest(tenant, held, owner(operator))
    printed = Printed(
        title=_("The whole contract"),
        subtitle=_("%(customer)s and %(operator)s") % {"customer": tenant.name, "operator": owner(operator)},
        author=owner(operator),
        language=language,
        seal=seal,
        chapters=[chapter_of(one.version, one.language, operator, with_contents=False) for one in held],
        facts=[
            (_("Customer"), tenant.name),
            (_("Operator"), owner(operator)),
            (_("As of"), f"{local_datetime(timezone.now())} ({tenant.time_zone})"),
            (_("Agreements"), str(len(held))),
        ],
        overview=_overview(held),
        annexes=[*annexes(tenant), _acceptances(held)],
        attached=[*(source_of(one.version, one.language) for one in held), _as_file(contents)],
        is_bundle=True,
        example_data=bool(operator and operator.example_data),
    )
    return printed, contents


def manifest(tenant: Tenant, held: Sequence[Held], operator: str) -> dict[str, Any]:
    """The bundle for programs: `format` 1; times ISO 8601; hashes are SHA-256 of the embedded texts."""
    return {
        "format": FORMAT,
        "customer": tenant.name,
        "operator": operator,
        "made_at": timezone.now().isoformat(timespec="seconds"),
        "agreements": [_as_entry(one) for one in held],
    }


def _as_entry(one: Held) -> dict[str, Any]:
    version, accepted = one.version, one.accepted
    return {
        "agreement": version.agreement,
        "number": version.number,
        "version": version.label,
        "kind": version.kind,
        "language": one.language,
        "binding_language": version.binding_language,
        "valid_from": version.valid_from.isoformat(timespec="seconds"),
        "sha256": version.sha256[one.language],
        "file": source_of(version, one.language).name,
        "accepted": accepted
        and {
            "number": accepted.version.number,
            "language": accepted.language,
            "sha256": accepted.sha256,
            "at": accepted.at.isoformat(timespec="seconds"),
            "name": accepted.name,
            "function": accepted.function,
        },
    }


def _overview(held: Sequence[Held]) -> Table:
    columns = [_("Agreement"), _("Version"), _("In force from"), _("Accepted"), _("SHA-256 of the text")]
    rows = [
        (
            one.title,
            one.version.label,
            local_date(one.version.valid_from),
            _state(one),
            one.version.sha256[one.language],
        )
        for one in held
    ]
    return Table(columns, rows, empty=_("No agreement is in force."))


def _state(one: Held) -> str:
    if one.accepted and one.accepted.version_id == one.version.pk:
        return local_date(one.accepted.at)
    if one.accepted:
        return _("version %(label)s, %(day)s") % {
            "label": one.accepted.version.label,
            "day": local_date(one.accepted.at),
        }
    return _("not yet") if one.version.asks_acceptance else _("informs")


def _acceptances(held: Sequence[Held]) -> Annex:
    columns = [_("Agreement"), _("Version"), _("Language"), _("When"), _("By"), _("On whose authority"), _("SHA-256")]
    rows = [
        (
            one.title,
            one.accepted.version.label,
            one.accepted.language,
            local_datetime(one.accepted.at),
            str(one.accepted.by),
            f"{one.accepted.name}, {one.accepted.function}",
            one.accepted.sha256,
        )
        for one in held
        if one.accepted
    ]
    table = Table(columns, rows, empty=_("Nothing has been accepted in the service yet."))
    return Annex("acceptances", _("Acceptances"), [table], wide=True)


def _as_file(contents: dict[str, Any]) -> Attached:
    said = json.dumps(contents, ensure_ascii=False, indent=1)
    return Attached("manifest.json", said, _("What is in this file, for programs"), "Data")
