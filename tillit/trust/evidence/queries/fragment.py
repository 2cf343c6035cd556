"""The provider's part of one customer's register of information, from the register and what the customer typed."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import product

from django.utils.translation import gettext as _

from tillit.trust import chains
from tillit.trust.evidence import information, wording
from tillit.trust.evidence.information import Gap, Problem, Rows
from tillit.trust.evidence.models import ReportingDetails
from tillit.trust.evidence.queries.cloud import Cloud
from tillit.trust.models import Operator, Processor

# Directive (EU) 2017/1132, Article 16: country, register, number; for example NOBRREG.912345678 or DEK1101R.HRB116737.
IS_EUID = re.compile(r"^[A-Z]{2}[A-Z0-9.]*\.[A-Z0-9][A-Z0-9 /_-]*$")
REPORT_PACKAGE = "https://xbrl.org/report-package/2023"
XBRL_CSV = "https://xbrl.org/2021/xbrl-csv"


@dataclass(frozen=True)
class Company:
    """A link of the chain, as the templates name it. `code` is empty where it has neither LEI nor EUID."""

    name: str
    code: str
    kind: str
    country: str


@dataclass(frozen=True)
class Fragment:
    """The tables, what is wrong with them, and what the operator's register does not say."""

    details: ReportingDetails
    tables: dict[str, Rows]
    not_stated: list[str] = field(default_factory=list)

    @property
    def indicators(self) -> list[tuple[str, bool]]:
        return [(name, name in self.tables) for name in information.all_templates()]

    @property
    def problems(self) -> list[Problem]:
        return information.problems(self.tables, self.indicators)

    @property
    def gaps(self) -> list[Gap]:
        return information.gaps(self.tables)


def make_fragment(cloud: Cloud, details: ReportingDetails) -> Fragment:
    """Six templates, five where no critical or important function is supported."""
    maker = _Maker(cloud, details)
    tables = {
        "B_02.01": maker.contracts(),
        "B_02.02": maker.services(),
        "B_03.02": maker.signatories(),
        "B_05.01": maker.providers(),
        "B_05.02": maker.chain(),
    }
    if details.critical:
        tables["B_07.01"] = maker.assessments()
    return Fragment(details, tables, maker.not_stated())


def package_name(details: ReportingDetails, at: datetime) -> str:
    """Without `.zip`: `<LEI>.IND_NO_DORA010100_DORA_2025-12-31_20260310141500000`."""
    parts = [f"{details.lei}.{details.scope}", details.country, "DORA010100", "DORA", str(details.reference_date)]
    return "_".join([*parts, f"{at:%Y%m%d%H%M%S}{at.microsecond // 1000:03}"])


def as_package(fragment: Fragment, name: str) -> bytes:
    """An xBRL-CSV report package: a ZIP with one folder of its own name."""
    details = fragment.details
    parameters = [
        ("entityID", f"rs:{details.lei}.{details.scope}"),
        ("refPeriod", str(details.reference_date)),
        ("baseCurrency", f"iso4217:{details.currency}"),
        ("decimalsInteger", "0"),
        ("decimalsMonetary", "0"),
    ]
    indicators = [(template, "true" if reported else "false") for template, reported in fragment.indicators]
    files = {
        "META-INF/reportPackage.json": _json({"documentInfo": {"documentType": REPORT_PACKAGE}}),
        "reports/report.json": _json({"documentInfo": {"documentType": XBRL_CSV, "extends": [information.module()]}}),
        "reports/parameters.csv": _csv([("name", "value"), *parameters]),
        "reports/FilingIndicators.csv": _csv([("templateID", "reported"), *indicators]),
    }
    for template, rows in fragment.tables.items():
        codes = [column.code for column in information.columns()[template]]
        lines = [tuple(row.get(code, "") for code in codes) for row in rows]
        files[f"reports/{template.lower()}.csv"] = _csv([tuple(codes), *lines])
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            archive.writestr(f"{name}/{path}", content)
    return packed.getvalue()


def _json(said: object) -> str:
    return json.dumps(said, indent=2) + "\n"


def _csv(lines: list[tuple[str, ...]]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows(lines)
    return written.getvalue()


class _Maker:
    def __init__(self, cloud: Cloud, details: ReportingDetails) -> None:
        self.cloud, self.details = cloud, details
        self.operator = _operator(cloud.operator, cloud.own_row)
        self.links = self._links()

    def _links(self) -> list[Processor]:
        """The sub-processors that underpin a critical or important function, and those they work for.

        Implementing Regulation (EU) 2024/2956, Annex I, B_05.02; where no such function is supported, none.
        """
        if not self.details.critical:
            return []
        wanted: list[Processor] = []
        for row in self.cloud.subprocessors:
            link: Processor | None = row if row.critical else None
            while link is not None and link not in wanted:
                wanted.append(link)
                link = chains.recipient(link, self.cloud.processors)
        return [row for row in self.cloud.subprocessors if row in wanted]

    def contracts(self) -> Rows:
        details = self.details
        cost = "" if details.yearly_cost is None else f"{details.yearly_cost:f}"
        return [
            {
                "c0010": details.contract_reference,
                "c0020": details.arrangement,
                "c0030": details.overarching_reference,
                "c0040": wording.currency(details.currency),
                "c0050": cost,
            }
        ]

    def services(self) -> Rows:
        """A row for each function, country of storage and country of processing: all three belong to the key."""
        details = self.details
        held = self.cloud.operator
        law = details.governing_law or (held.jurisdiction if held else "")
        rest = {
            "c0010": details.contract_reference,
            "c0020": details.lei,
            "c0030": self.operator.code,
            "c0040": self.operator.kind,
            "c0060": details.service_type,
            "c0070": str(details.starts_on),
            "c0080": _day(details.ends_on),
            "c0100": _number(details.notice_days_customer),
            "c0110": _number(details.notice_days_provider),
            "c0120": wording.country(law),
            "c0130": wording.country(self.operator.country),
            "c0140": wording.YES,
            "c0170": details.sensitivity,
            "c0180": details.reliance,
        }
        places = product(details.function_ids or [""], self._stored() or [""], self._processed() or [""])
        return [
            rest | {"c0050": function, "c0150": wording.country(stored), "c0160": wording.country(processed)}
            for function, stored, processed in places
        ]

    def _stored(self) -> list[str]:
        region = self.cloud.region.countries if self.cloud.region else []
        return sorted({*region, *(code for row in self.cloud.subprocessors for code in row.storage_countries)})

    def _processed(self) -> list[str]:
        region = self.cloud.region.countries if self.cloud.region else []
        return sorted({*region, *(code for row in self.cloud.subprocessors for code in row.processing_countries)})

    def signatories(self) -> Rows:
        row = {"c0010": self.details.contract_reference, "c0020": self.operator.code, "c0030": self.operator.kind}
        return [row]

    def providers(self) -> Rows:
        """Us with what the customer pays, and every link below. A company outside any group names itself as parent."""
        details = self.details
        cost = "" if details.yearly_cost is None else f"{details.yearly_cost:f}"
        paid = {"c0090": wording.currency(details.currency) if cost else "", "c0100": cost}
        companies = {one.code or one.name: one for one in (self.operator, *map(_company, self.links))}
        return [
            {
                "c0010": one.code,
                "c0020": one.kind,
                "c0050": one.name,
                "c0060": one.name,
                "c0070": wording.LEGAL_PERSON,
                "c0080": wording.country(one.country),
                "c0110": one.code,
                "c0120": one.kind,
            }
            | (paid if one is self.operator else {})
            for one in companies.values()
        ]

    def chain(self) -> Rows:
        """Rank 1 is the provider itself, which is its own recipient; then by `Processor.parent`."""
        ranks = chains.ranks(self.cloud.processors)
        first = {"c0050": "1"} | _of_chain(self.operator, self.operator)
        rows = [first]
        for link in sorted(self.links, key=lambda row: ranks[row.slug]):
            above = chains.recipient(link, self.cloud.processors)
            recipient = _company(above) if above else self.operator
            rows.append({"c0050": str(ranks[link.slug])} | _of_chain(_company(link), recipient))
        shared = {"c0010": self.details.contract_reference, "c0020": self.details.service_type}
        return _without_doubles([shared | row for row in rows])

    def assessments(self) -> Rows:
        details = self.details
        return [
            {
                "c0010": details.contract_reference,
                "c0020": self.operator.code,
                "c0030": self.operator.kind,
                "c0040": details.service_type,
                "c0050": details.substitutability,
                "c0060": details.substitution_reason,
                "c0070": _day(details.last_audit),
                "c0080": details.exit_plan,
                "c0090": details.reintegration,
                "c0100": details.impact,
                "c0110": details.alternatives,
                "c0120": details.alternative_names,
            }
        ]

    def not_stated(self) -> list[str]:
        """What the operator's register leaves out, in sentences."""
        found = []
        for one in (self.operator, *map(_company, self.links)):
            if not one.code:
                found.append(_("%(name)s has neither LEI nor EUID in the register.") % {"name": one.name})
            if not one.country:
                found.append(
                    _("The country in which %(name)s has its seat is not in the register.") % {"name": one.name}
                )
            found.append(
                _("To which group %(name)s belongs is not in the register; it names itself.") % {"name": one.name}
            )
        if not self._stored():
            found.append(_("In which countries data is stored is not in the register."))
        if not self._processed():
            found.append(_("In which countries data is processed is not in the register."))
        if self.details.critical and not self.links:
            found.append(_("No sub-processor is marked as critical in the register, so the chain ends with us."))
        return found


def _of_chain(company: Company, recipient: Company) -> dict[str, str]:
    return {
        "c0030": company.code,
        "c0040": company.kind,
        "c0060": recipient.code,
        "c0070": recipient.kind,
    }


def _without_doubles(rows: Rows) -> Rows:
    """One company may stand in the register with several services; here it is one link."""
    return [row for number, row in enumerate(rows) if row not in rows[:number]]


def _operator(held: Operator | None, row: Processor | None) -> Company:
    if held is None:
        return Company("", "", "", "")
    code, kind = _identifier(
        held.lei or (row.lei if row else ""), held.registration or (row.registration if row else "")
    )
    return Company(held.legal_entity or held.name, code, kind, held.seat_country)


def _company(row: Processor) -> Company:
    code, kind = _identifier(row.lei, row.registration)
    return Company(row.legal_entity or row.name, code, kind, row.seat_country)


def _identifier(lei: str, registration: str) -> tuple[str, str]:
    """LEI before EUID; a legal person may have no other."""
    if lei:
        return lei, wording.LEI
    return (registration, wording.EUID) if IS_EUID.match(registration) else ("", "")


def _day(day: date | None) -> str:
    return str(day) if day else wording.NO_END


def _number(value: int | None) -> str:
    return "" if value is None else str(value)
