"""The annexes with what the checks found; and the record of GDPR Article 30(2), of the same parts."""

from __future__ import annotations

from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from tillit.foundation.formats import local_datetime
from tillit.foundation.models import Tenant
from tillit.foundation.texts import pick
from tillit.trust import annexes as register
from tillit.trust.annexes import (
    Pairs,
    basis,
    countries,
    data_categories,
    description,
    entity,
    erasure,
    not_stated,
    operator_name,
    parties,
)
from tillit.trust.evidence.countries import outside
from tillit.trust.evidence.queries.cloud import Cloud
from tillit.trust.models import Revision


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
            "annexes": register.annexes(cloud, proven=_measures(cloud)),
        }


def processing_record(cloud: Cloud) -> dict[str, Any]:
    """The record of GDPR Article 30(2) for one customer, in the active language.

    `{"made_at", "changed_at", "parts": [part]}`, with the parts (a) to (d) of the article in its order.
    """
    return {
        "made_at": cloud.at,
        "changed_at": cloud.changed_at,
        "parts": [
            {"key": "a", "title": _("Processor and controller"), "facts": parties(cloud)},
            {"key": "b", "title": _("Categories of processing"), "facts": description(cloud)},
            {"key": "c", "title": _("Transfers to third countries"), "table": _transfers(cloud)},
            {"key": "d", "title": _("Measures of security"), "table": _measures(cloud)},
        ],
    }


def own_record(cloud: Cloud) -> Pairs:
    """Words for the customer's own record, GDPR Article 30(1): what is known here, and what only it can say."""
    yours = _("(to be completed by you)")
    recipients = "; ".join(f"{entity(row)} ({pick(row.type)[0]})" for row in cloud.subprocessors)
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
        (_("Categories of data"), f"{data_categories(cloud)} {yours}"),
        (_("Recipients"), "; ".join(filter(None, [operator_name(cloud.operator), recipients]))),
        (_("Transfers to third countries"), far or _("None are stated in the register.")),
        (_("Time limits for erasure"), f"{erasure(cloud)} {yours}"),
        (_("Measures of security"), "; ".join(row[0] for row in _measures(cloud)["rows"]) or not_stated()),
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
        line = [entity(row), countries(dict.fromkeys(far)), basis(row)]
        if far and line not in rows:
            rows.append(line)
    return {"head": [_("Recipient"), _("Third country"), _("Safeguard")], "rows": rows}
