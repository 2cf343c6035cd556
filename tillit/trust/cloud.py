"""The cloud as its register has it at one moment: each part is read once, when something asks for it."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property

from tillit.foundation.clock import now
from tillit.foundation.models import Tenant
from tillit.trust import queries as register
from tillit.trust.choices import Role
from tillit.trust.models import Agreement, DataCentre, Operator, Processor, Region


class Cloud:
    """What is in force at one moment, for one customer or (without a tenant) for everybody."""

    def __init__(self, tenant: Tenant | None = None, at: datetime | None = None) -> None:
        self.tenant = tenant
        self.at = at or now()

    @cached_property
    def operator(self) -> Operator | None:
        return register.operator()

    @cached_property
    def changed_at(self) -> datetime | None:
        return register.changed_at()

    @cached_property
    def notice_days(self) -> int:
        return (self.operator and self.operator.processor_notice_days) or register.NOTICE_DAYS

    @cached_property
    def processors(self) -> list[Processor]:
        """In force and to come, the operator's own row included."""
        return list(Processor.objects.standing(self.at))

    @property
    def subprocessors(self) -> list[Processor]:
        """In force, without the operator's own row."""
        return [row for row in self.processors if row.in_force_at <= self.at and row.role != Role.PROVIDER]

    @property
    def coming(self) -> list[Processor]:
        return [row for row in self.processors if row.in_force_at > self.at]

    @property
    def own_row(self) -> Processor | None:
        """The operator as a row of its own list."""
        return next((row for row in self.processors if row.role == Role.PROVIDER), None)

    @cached_property
    def regions(self) -> list[Region]:
        return list(Region.objects.in_force(self.at))

    @property
    def region(self) -> Region | None:
        """Where the tenant's data lies, if the register has that region."""
        return next((row for row in self.regions if self.tenant and row.slug == self.tenant.region), None)

    @cached_property
    def data_centres(self) -> list[DataCentre]:
        return list(DataCentre.objects.in_force(self.at))

    @cached_property
    def agreements(self) -> dict[str, Agreement]:
        return {row.slug: row for row in Agreement.objects.in_force(self.at)}

    def name_of(self, slug: str) -> str:
        """Of a processor; the operator's where the slug is empty."""
        if not slug:
            return self.operator.name if self.operator else ""
        return next((row.name for row in self.processors if row.slug == slug), slug)
