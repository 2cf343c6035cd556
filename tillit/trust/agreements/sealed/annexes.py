"""The annexes of the data processing agreement, made from the register as it stands.

The order is that of the standard contractual clauses between controllers and processors (EU) 2021/915: parties and
processing, measures, sub-processors.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from tillit.foundation.formats import country_name, local_date, local_number
from tillit.foundation.models import Tenant
from tillit.foundation.texts import pick
from tillit.trust import queries as register
from tillit.trust.agreements.sealed.printed import Annex, Table
from tillit.trust.choices import Place, Role
from tillit.trust.models import Certificate, Measure, Objection, Operator, Processor, Region, Retention
from tillit.trust.words import shown


def annexes(tenant: Tenant) -> list[Annex]:
    """Annexes I to III for a customer, in the active language. Belongs inside the customer's tenant."""
    held = register.operator()
    return [_parties(tenant, held), _measures(), _processors()]


def _parties(tenant: Tenant, held: Operator | None) -> Annex:
    columns = [_("What"), _("Stands in the register")]
    region = Region.objects.in_force().filter(slug=tenant.region).first()
    rows = [
        (_("Controller"), tenant.name),
        (_("Processor"), _entity(held) if held else ""),
        (_("Contact of the processor"), held.contact.removeprefix("mailto:") if held else ""),
        (_("Region of the customer"), _region(region) if region else tenant.region),
        (_("Categories of data"), _categories() or _("those of clause 2 of the agreement")),
    ]
    kept = [(pick(one.text)[0], _hours(one.hours)) for one in Retention.objects.in_force()]
    tables = [
        Table(columns, [row for row in rows if row[1]]),
        Table([_("What is kept for a time"), _("Deleted after")], kept, _("Retention"), _("No rule is declared.")),
    ]
    lead = _("Subject, duration, nature, purpose and data subjects are described in clause 2 of the agreement.")
    return Annex("annex-i", _("Annex I: parties and processing"), tables, lead)


def _measures() -> Annex:
    found = list(Measure.objects.in_force())
    technical = [one for one in found if one.checked_by]
    tables = [
        Table(
            [_("Measure"), _("Proven by the check")],
            [(pick(one.text)[0], one.checked_by) for one in technical],
            _("Technical measures"),
            _("None is declared."),
        ),
    ]
    for place in Place:
        rows = [(pick(one.text)[0],) for one in found if one.place == place and not one.checked_by]
        if rows:
            tables.append(Table([_("Measure")], rows, str(place.label)))
    certificates = [
        (one.standard, one.processor or _("the operator"), one.body, one.certificate_number, _validity(one))
        for one in Certificate.objects.in_force()
    ]
    columns = [_("Standard"), _("Of whom"), _("Body"), _("Number"), _("Valid")]
    tables.append(Table(columns, certificates, _("Certificates"), _("None is declared.")))
    return Annex("annex-ii", _("Annex II: technical and organisational measures"), tables)


def _processors() -> Annex:
    columns = [
        _("Sub-processor"),
        _("Works for"),
        _("Service"),
        _("Seat"),
        _("Storage and processing"),
        _("Retention"),
        _("Basis of transfer"),
    ]
    listed = [one for one in Processor.objects.in_force() if one.role != Role.PROVIDER]
    names = {one.slug: one.name for one in listed}
    now = [_processor(one, names) for one in listed]
    coming = [(*_processor(one, names), local_date(one.in_force_at)) for one in Processor.objects.announced()]
    tables = [Table(columns, now, _("In force"), _("None is declared."))]
    if coming:
        tables.append(Table([*columns, _("In force from")], coming, _("Announced")))
    objections = [(one.processor, local_date(one.raised_at), one.reason) for one in Objection.objects.standing()]
    if objections:
        shut = [_("Sub-processor"), _("Since"), _("Reason")]
        tables.append(Table(shut, objections, _("Objections of the customer: no data goes there")))
    return Annex("annex-iii", _("Annex III: sub-processors"), tables, wide=True)


def _processor(one: Processor, names: dict[str, str]) -> tuple[str, ...]:
    entity = one.legal_entity or one.name
    known = _joined([entity, one.registration, f"LEI {one.lei}" if one.lei else ""])
    seat = _joined([one.seat_city, country_name(one.seat_country) if one.seat_country else ""]) or pick(one.seat)[0]
    countries = dict.fromkeys([*one.storage_countries, *one.processing_countries])
    return (
        known,
        names.get(one.parent, one.parent) or _("the operator"),
        pick(one.service)[0],
        seat,
        _joined(country_name(code) for code in countries) or pick(one.processing)[0],
        _hours(one.retention_hours) if one.retention_hours else _("as long as the service"),
        one.get_transfer_basis_display() if one.transfer_basis else _("not stated"),
    )


def _entity(held: Operator) -> str:
    country = country_name(held.seat_country) if held.seat_country else ""
    return _joined([held.legal_entity or held.name, held.seat_city, country, held.registration])


def _region(region: Region) -> str:
    countries = _joined(country_name(code) for code in region.countries)
    name = pick(region.name)[0]
    return f"{name} ({countries})" if countries and countries != name else name


def _categories() -> str:
    found = sorted({code for one in Processor.objects.in_force() for code in one.data_categories})
    return shown("processors", "data_categories", found)


def _validity(one: Certificate) -> str:
    if one.planned_for:
        return _("announced for %(day)s, not held") % {"day": local_date(one.planned_for)}
    begins, ends = one.valid_from or one.report_from, one.valid_to or one.report_to
    return f"{local_date(begins)} – {local_date(ends)}" if begins or ends else _("not stated")


def _hours(hours: int) -> str:
    return _("%(hours)s hours") % {"hours": local_number(hours)}


def _joined(parts: Iterable[str]) -> str:
    return ", ".join(part for part in parts if part)
