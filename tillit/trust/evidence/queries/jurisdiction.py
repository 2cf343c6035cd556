"""Under whose law the infrastructure stands: Data Act, Regulation (EU) 2023/2854, Article 28."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tillit.trust import chains
from tillit.trust.evidence.countries import outside
from tillit.trust.evidence.queries.cloud import Cloud
from tillit.trust.models import DataCentre, Processor


@dataclass(frozen=True)
class Seat:
    """A company and the law it stands under. `above`: the companies it works for, up to the operator.

    `third`: countries outside the EEA whose law could reach it, by its own seat or that of a company above it.
    """

    processor: Processor
    above: list[Processor]
    coming: bool
    third: list[str]
    data_centres: list[DataCentre] = field(default_factory=list)

    @property
    def countries(self) -> list[str]:
        """Where it stores or processes."""
        return list(dict.fromkeys([*self.processor.storage_countries, *self.processor.processing_countries]))


def seats(cloud: Cloud) -> list[Seat]:
    """Every processor in force or to come, the operator's own row first where it is."""
    return [_seat(row, cloud) for row in cloud.processors]


def _seat(row: Processor, cloud: Cloud) -> Seat:
    above: list[Processor] = []
    link = chains.recipient(row, cloud.processors)
    while link is not None and link not in above and link != row:
        above.append(link)
        link = chains.recipient(link, cloud.processors)
    seats_of = [row.seat_country, *(one.seat_country for one in above)]
    centres = [one for one in cloud.data_centres if one.processor == row.slug]
    return Seat(row, above, row.in_force_at > cloud.at, list(dict.fromkeys(outside(seats_of))), centres)


def ownerless(cloud: Cloud) -> list[DataCentre]:
    """Data centres of which the register does not say whose they are."""
    known = {row.slug for row in cloud.processors}
    return [one for one in cloud.data_centres if one.processor not in known]


def as_json(cloud: Cloud) -> dict[str, Any]:
    """Keys are always there; what is not stated is null or an empty list."""
    return {
        "operator_jurisdiction": (cloud.operator and cloud.operator.jurisdiction) or None,
        "infrastructure": [
            {
                "slug": seat.processor.slug,
                "name": seat.processor.name,
                "legal_entity": seat.processor.legal_entity or None,
                "seat_country": seat.processor.seat_country or None,
                "works_for": [one.slug for one in seat.above],
                "storage_countries": seat.processor.storage_countries,
                "processing_countries": seat.processor.processing_countries,
                "third_countries": seat.third,
                "announced": seat.coming,
                "data_centres": [_centre(one) for one in seat.data_centres],
            }
            for seat in seats(cloud)
        ],
        "data_centres_without_owner": [_centre(one) for one in ownerless(cloud)],
    }


def _centre(one: DataCentre) -> dict[str, Any]:
    return {"slug": one.slug, "name": one.name, "city": one.city or None, "country": one.country}
