"""Annexes I to III of the data processing agreement, made from the register.

The order is that of the standard contractual clauses between controllers and processors (EU) 2021/915. Plain
structures, so that pages, files and sealed documents are made of the same: an annex is a number, a title and parts; a
part has a title and either `facts` (pairs of label and value) or a `table` (`head` and `rows`). All texts are in the
active language; what is not stated says so in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tillit.foundation.formats import country_name, local_date, local_number
from tillit.foundation.purposes import known_purposes
from tillit.foundation.tenancy import in_tenant
from tillit.foundation.texts import pick
from tillit.trust import chains
from tillit.trust.choices import Role
from tillit.trust.cloud import Cloud
from tillit.trust.models import Certificate, Measure, Objection, Operator, Processor, Region, Retention
from tillit.trust.words import shown

Pairs = list[tuple[str, str]]
Table = dict[str, list[Any]]


def annexes(cloud: Cloud, *, proven: Table | None = None) -> list[dict[str, Any]]:
    """The three annexes, as of the cloud's moment; with a tenant, of its contract.

    `proven` is a table of the measures that a check proves, where somebody knows what the checks found.
    """
    return [
        {"number": "I", "title": _("Parties and description of the processing"), "parts": _first(cloud)},
        {
            "number": "II",
            "title": _("Technical and organisational measures"),
            "parts": _second(cloud, proven or _checked(cloud)),
        },
        {"number": "III", "title": _("Sub-processors"), "parts": _third(cloud)},
    ]


def _first(cloud: Cloud) -> list[dict[str, Any]]:
    return [
        {"title": _("Parties"), "facts": parties(cloud)},
        {"title": _("Description of the processing"), "facts": description(cloud)},
    ]


def _second(cloud: Cloud, proven: Table) -> list[dict[str, Any]]:
    physical = [row for row in Measure.objects.in_force(cloud.at).exclude(place="")]
    certificates = [
        [one.standard, cloud.name_of(one.processor), one.body or not_stated(), one.certificate_number, _validity(one)]
        for one in Certificate.objects.in_force(cloud.at)
    ]
    return [
        {"title": _("Measures that a check proves"), "table": proven},
        {
            "title": _("Physical measures"),
            "table": {
                "head": [_("Measure"), _("Where")],
                "rows": [[pick(row.text)[0], str(row.get_place_display())] for row in physical],
            },
        },
        {
            "title": _("Certificates"),
            "table": {"head": [_("Standard"), _("Of whom"), _("Body"), _("Number"), _("Valid")], "rows": certificates},
        },
    ]


def _checked(cloud: Cloud) -> Table:
    measures = Measure.objects.in_force(cloud.at).exclude(checked_by="")
    return {"head": [_("Measure"), _("Check")], "rows": [[pick(one.text)[0], one.checked_by] for one in measures]}


def _validity(one: Certificate) -> str:
    if one.planned_for:
        return _("announced for %(day)s, not held") % {"day": local_date(one.planned_for)}
    begins, ends = one.valid_from or one.report_from, one.valid_to or one.report_to
    days = [local_date(day) if day else "…" for day in (begins, ends)]
    return " – ".join(days) if begins or ends else not_stated()


def _third(cloud: Cloud) -> list[dict[str, Any]]:
    ranks = chains.ranks(cloud.processors)
    head = [
        _("Legal entity"), _("Seat"), _("Contact"), _("Service"), _("Data"), _("Storage"), _("Processing"),
        _("Retention"), _("Basis of transfer"), _("Works for"), _("Rank"), _("In force from"),
    ]  # fmt: skip
    rows = [_link(row, cloud, ranks) for row in cloud.processors if row.role != Role.PROVIDER]
    return [{"title": _("In force and announced"), "table": {"head": head, "rows": rows}}, *_objections(cloud)]


def _objections(cloud: Cloud) -> list[dict[str, Any]]:
    if cloud.tenant is None:
        return []
    with in_tenant(cloud.tenant):
        rows = [
            [cloud.name_of(one.processor), local_date(one.raised_at), one.reason or not_stated()]
            for one in Objection.objects.standing()
        ]
    table = {"head": [_("Sub-processor"), _("Since"), _("Reason")], "rows": rows}
    return [{"title": _("Objections of the customer: no data goes there"), "table": table}] if rows else []


def _link(row: Processor, cloud: Cloud, ranks: dict[str, int]) -> list[str]:
    above = chains.recipient(row, cloud.processors)
    code = row.lei or row.registration
    return [
        f"{entity(row)} ({code})" if code else entity(row),
        _seat(row),
        row.contact.removeprefix("mailto:") or not_stated(),
        f"{pick(row.type)[0]}: {pick(row.service)[0]}",
        _categories(row.data_categories) or not_stated(),
        countries(row.storage_countries),
        countries(row.processing_countries) if row.processing_countries else pick(row.processing)[0],
        _hours(row.retention_hours) if row.retention_hours else not_stated(),
        basis(row),
        entity(above) if above else operator_name(cloud.operator),
        str(ranks[row.slug]),
        local_date(row.in_force_at),
    ]


def parties(cloud: Cloud) -> Pairs:
    held = cloud.operator
    found = [
        (_("Controller"), cloud.tenant.name if cloud.tenant else _("the customer named in the order")),
        (_("Processor"), operator_name(held) or not_stated()),
    ]
    if held is not None:
        seat = ", ".join(filter(None, [held.seat_city, country_name(held.seat_country)]))
        found += [
            (_("Seat"), seat or not_stated()),
            (_("Registration"), held.registration or not_stated()),
            (_("LEI"), held.lei or not_stated()),
            (_("Contact"), held.contact.removeprefix("mailto:")),
        ]
    return found


def description(cloud: Cloud) -> Pairs:
    labels = {name: str(purpose.label) for name, purpose in known_purposes().items()}
    used = dict.fromkeys(name for row in cloud.subprocessors for name in row.purposes)
    region = cloud.region
    regions = [region] if region else cloud.regions
    return [
        (_("Subject matter"), _("Running the CRM cloud service for the controller")),
        (_("Duration"), _("Term of the contract, and the time until everything is deleted")),
        (
            _("Nature and purpose"),
            _("Storing, showing, searching, changing, sending and synchronising what users enter"),
        ),
        (_("Categories of data"), data_categories(cloud)),
        (_("Calls to other servers for"), ", ".join(labels.get(name, name) for name in used) or not_stated()),
        (_("Places of processing"), "; ".join(map(_place, regions)) or not_stated()),
        (_("Time limits for erasure"), erasure(cloud)),
    ]


def data_categories(cloud: Cloud) -> str:
    found = dict.fromkeys(code for row in cloud.subprocessors for code in row.data_categories)
    said = _("Contact details, correspondence, appointments, sales and service cases, documents")
    return _categories(list(found)) or said


def _categories(codes: list[str]) -> str:
    return shown("processors", "data_categories", codes)


def erasure(cloud: Cloud) -> str:
    """How long what is kept, in one line."""
    rules = Retention.objects.in_force(cloud.at)
    return "; ".join(f"{pick(one.text)[0].rstrip('.')}: {_hours(one.hours)}" for one in rules) or not_stated()


def _hours(hours: int) -> str:
    return ngettext("%(hours)s hour", "%(hours)s hours", hours) % {"hours": local_number(hours)}


def basis(row: Processor) -> str:
    if not row.transfer_basis:
        return not_stated()
    review = _("review %(day)s") % {"day": local_date(row.transfer_review)} if row.transfer_review else ""
    return ", ".join(filter(None, [str(row.get_transfer_basis_display()), row.transfer_document, review]))


def _seat(row: Processor) -> str:
    if row.seat_country:
        return ", ".join(filter(None, [row.seat_city, country_name(row.seat_country)]))
    return pick(row.seat)[0] or not_stated()


def _place(region: Region) -> str:
    """Its name, and its countries where the name does not say them."""
    name, places = pick(region.name)[0], countries(region.countries)
    return name if name == places else f"{name}: {places}"


def countries(codes: Iterable[str]) -> str:
    return ", ".join(map(country_name, codes)) or not_stated()


def entity(row: Processor) -> str:
    return row.legal_entity or row.name


def operator_name(held: Operator | None) -> str:
    return (held.legal_entity or held.name) if held else ""


def not_stated() -> str:
    return _("not stated")
