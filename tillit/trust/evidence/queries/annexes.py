"""Annexes I to III of the data processing agreement, made from the register; and the record of GDPR Article 30(2).

Plain structures, so that pages, files and sealed documents can be made of the same: an annex is a number, a title and
parts; a part has a title and either `facts` (pairs of label and value) or a `table` (`head` and `rows`). All texts are
in one language; what is not stated says so in that language.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tillit.foundation.formats import country_name, local_date, local_datetime, local_number
from tillit.foundation.models import Tenant
from tillit.foundation.purposes import known_purposes
from tillit.foundation.texts import pick
from tillit.trust.evidence import chains
from tillit.trust.evidence.countries import outside
from tillit.trust.evidence.queries.cloud import Cloud
from tillit.trust.models import Measure, Operator, Processor, Region, Revision
from tillit.trust.words import shown

Pairs = list[tuple[str, str]]


def annexes(language: str, tenant: Tenant | None = None) -> dict[str, Any]:
    """The three annexes in this language as of now; with a tenant, of its contract.

    `{"language", "made_at": time, "changed_at": time or None, "revision": number or None, "annexes": [annex]}`; the
    revision is that of the register from which they were made.
    """
    with translation.override(language):
        cloud = Cloud(tenant)
        newest = Revision.objects.values_list("pk", flat=True).first()
        return {
            "language": language,
            "made_at": cloud.at,
            "changed_at": cloud.changed_at,
            "revision": newest,
            "annexes": [
                {"number": "I", "title": _("Parties and description of the processing"), "parts": _first(cloud)},
                {"number": "II", "title": _("Technical and organisational measures"), "parts": _second(cloud)},
                {"number": "III", "title": _("Sub-processors"), "parts": _third(cloud)},
            ],
        }


def processing_record(cloud: Cloud) -> dict[str, Any]:
    """The record of GDPR Article 30(2) for one customer, in the active language.

    `{"made_at", "changed_at", "parts": [part]}`, with the parts (a) to (d) of the article in its order.
    """
    return {
        "made_at": cloud.at,
        "changed_at": cloud.changed_at,
        "parts": [
            {"key": "a", "title": _("Processor and controller"), "facts": _parties(cloud)},
            {"key": "b", "title": _("Categories of processing"), "facts": _description(cloud)},
            {"key": "c", "title": _("Transfers to third countries"), "table": _transfers(cloud)},
            {"key": "d", "title": _("Measures of security"), "table": _measures(cloud)},
        ],
    }


def own_record(cloud: Cloud) -> Pairs:
    """Words for the customer's own record, GDPR Article 30(1): what is known here, and what only it can say."""
    yours = _("(to be completed by you)")
    recipients = "; ".join(f"{_entity(row)} ({pick(row.type)[0]})" for row in cloud.subprocessors)
    far = "; ".join(f"{row[0]}: {', '.join(row[1:])}" for row in _transfers(cloud)["rows"])
    return [
        (_("Controller"), f"{cloud.tenant.name if cloud.tenant else yours}, {yours}"),
        (
            _("Purposes"),
            _("Keeping relations with customers and prospects; sales, marketing, service %(yours)s") % {"yours": yours},
        ),
        (
            _("Data subjects"),
            _("Customers, prospects, suppliers and their staff; own users %(yours)s") % {"yours": yours},
        ),
        (_("Categories of data"), f"{_data_categories(cloud)} {yours}"),
        (_("Recipients"), "; ".join(filter(None, [_operator_name(cloud.operator), recipients]))),
        (_("Transfers to third countries"), far or _("None are stated in the register.")),
        (_("Time limits for erasure"), f"{_erasure(cloud)} {yours}"),
        (_("Measures of security"), "; ".join(row[0] for row in _measures(cloud)["rows"]) or _not_stated()),
    ]


def _not_stated() -> str:
    return _("not stated")


def _first(cloud: Cloud) -> list[dict[str, Any]]:
    return [
        {"title": _("Parties"), "facts": _parties(cloud)},
        {"title": _("Description of the processing"), "facts": _description(cloud)},
    ]


def _second(cloud: Cloud) -> list[dict[str, Any]]:
    physical = [row for row in Measure.objects.in_force(cloud.at).exclude(place="")]
    table = {
        "head": [_("Measure"), _("Where")],
        "rows": [[pick(row.text)[0], str(row.get_place_display())] for row in physical],
    }
    return [
        {"title": _("Measures that a check proves, with its last run"), "table": _measures(cloud)},
        {"title": _("Physical measures"), "table": table},
    ]


def _third(cloud: Cloud) -> list[dict[str, Any]]:
    ranks = chains.ranks(cloud.processors)
    head = [
        _("Legal entity"), _("Seat"), _("Contact"), _("Service"), _("Data"), _("Storage"), _("Processing"),
        _("Basis of transfer"), _("Works for"), _("Rank"), _("In force from"),
    ]  # fmt: skip
    rows = [row for row in cloud.processors if row.role != "provider"]
    return [
        {
            "title": _("In force and announced"),
            "table": {"head": head, "rows": [_link(row, cloud, ranks) for row in rows]},
        }
    ]


def _link(row: Processor, cloud: Cloud, ranks: dict[str, int]) -> list[str]:
    above = chains.recipient(row, cloud.processors)
    code = row.lei or row.registration
    return [
        f"{_entity(row)} ({code})" if code else _entity(row),
        _seat(row),
        row.contact.removeprefix("mailto:") or _not_stated(),
        f"{pick(row.type)[0]}: {pick(row.service)[0]}",
        _categories(row.data_categories) or _not_stated(),
        _countries(row.storage_countries),
        _countries(row.processing_countries) if row.processing_countries else pick(row.processing)[0],
        _basis(row),
        _entity(above) if above else _operator_name(cloud.operator),
        str(ranks[row.slug]),
        local_date(row.in_force_at),
    ]


def _parties(cloud: Cloud) -> Pairs:
    held = cloud.operator
    found = [
        (_("Controller"), cloud.tenant.name if cloud.tenant else _("the customer named in the order")),
        (_("Processor"), _operator_name(held) or _not_stated()),
    ]
    if held is not None:
        seat = ", ".join(filter(None, [held.seat_city, country_name(held.seat_country)]))
        found += [
            (_("Seat"), seat or _not_stated()),
            (_("Registration"), held.registration or _not_stated()),
            (_("LEI"), held.lei or _not_stated()),
            (_("Contact"), held.contact.removeprefix("mailto:")),
        ]
    return found


def _description(cloud: Cloud) -> Pairs:
    labels = {name: str(purpose.label) for name, purpose in known_purposes().items()}
    used = dict.fromkeys(name for row in cloud.subprocessors for name in row.purposes)
    region = cloud.region
    regions = [region] if region else cloud.regions
    return [
        (_("Subject"), _("Running the CRM cloud service for the controller")),
        (_("Duration"), _("Term of the contract, and the time until everything is deleted")),
        (
            _("Nature and purpose"),
            _("Storing, showing, searching, changing, sending and synchronising what users enter"),
        ),
        (_("Categories of data"), _data_categories(cloud)),
        (_("Calls to other servers for"), ", ".join(labels.get(name, name) for name in used) or _not_stated()),
        (_("Places"), "; ".join(map(_place, regions)) or _not_stated()),
        (_("Time limits for erasure"), _erasure(cloud)),
    ]


def _measures(cloud: Cloud) -> dict[str, Any]:
    rows = [
        [pick(one.measure.text)[0], one.badge.word, local_datetime(one.run.at) if one.run else _("not yet")]
        for one in cloud.measures
    ]
    return {"head": [_("Measure"), _("State"), _("Last checked")], "rows": rows}


def _transfers(cloud: Cloud) -> dict[str, Any]:
    """Processors that a third country's law could reach: by their seat, or by where they store or process."""
    rows: list[list[str]] = []
    for row in cloud.subprocessors:
        far = outside([row.seat_country, *row.storage_countries, *row.processing_countries])
        line = [_entity(row), _countries(dict.fromkeys(far)), _basis(row)]
        if far and line not in rows:
            rows.append(line)
    return {"head": [_("Recipient"), _("Third country"), _("Safeguard")], "rows": rows}


def _data_categories(cloud: Cloud) -> str:
    found = dict.fromkeys(code for row in cloud.subprocessors for code in row.data_categories)
    said = _("Contact details, correspondence, appointments, sales and service cases, documents")
    return _categories(list(found)) or said


def _categories(codes: list[str]) -> str:
    return shown("processors", "data_categories", codes)


def _erasure(cloud: Cloud) -> str:
    rules = [f"{pick(one.rule.text)[0].rstrip('.')}: {_hours(one.rule.hours)}" for one in cloud.rules if one.rule]
    return "; ".join(rules) or _not_stated()


def _hours(hours: int) -> str:
    return ngettext("%(hours)s hour", "%(hours)s hours", hours) % {"hours": local_number(hours)}


def _basis(row: Processor) -> str:
    if not row.transfer_basis:
        return _not_stated()
    review = _("review %(day)s") % {"day": local_date(row.transfer_review)} if row.transfer_review else ""
    return ", ".join(filter(None, [str(row.get_transfer_basis_display()), row.transfer_document, review]))


def _seat(row: Processor) -> str:
    if row.seat_country:
        return ", ".join(filter(None, [row.seat_city, country_name(row.seat_country)]))
    return pick(row.seat)[0] or _not_stated()


def _place(region: Region) -> str:
    """Its name, and its countries where the name does not say them."""
    name, countries = pick(region.name)[0], _countries(region.countries)
    return name if name == countries else f"{name}: {countries}"


def _countries(codes: Iterable[str]) -> str:
    return ", ".join(map(country_name, codes)) or _not_stated()


def _entity(row: Processor) -> str:
    return row.legal_entity or row.name


def _operator_name(held: Operator | None) -> str:
    return (held.legal_entity or held.name) if held else ""
