"""What the lists of the register have in common: every row is a dated version of an entry."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint

from tillit.foundation.clock import now
from tillit.trust.choices import Stage

TWO_CAPITALS = r"^[A-Z]{2}$"


def codes(length: int, **options: Any) -> ArrayField:
    return ArrayField(models.CharField(max_length=length, **options), default=list, blank=True)


def known(field: str, choices: type[models.TextChoices], *, name: str, or_empty: bool = False) -> CheckConstraint:
    values = [*choices.values, *([""] if or_empty else [])]
    return CheckConstraint(condition=Q(**{f"{field}__in": values}), name=name)


def country_or_empty(field: str, *, name: str) -> CheckConstraint:
    return CheckConstraint(condition=Q(**{field: ""}) | Q(**{f"{field}__regex": TWO_CAPITALS}), name=name)


class EntryQuerySet(models.QuerySet[Any]):
    """Which versions hold. `at` is now unless said."""

    def in_force(self, at: datetime | None = None) -> Self:
        at = at or now()
        return self.filter(Q(ended_at=None) | Q(ended_at__gt=at), in_force_at__lte=at)

    def announced(self, at: datetime | None = None) -> Self:
        """Told, and still to come."""
        return self.filter(in_force_at__gt=at or now(), ended_at=None)

    def standing(self, at: datetime | None = None) -> Self:
        """In force or to come: an entry that is being changed stands twice, the older version first."""
        at = at or now()
        return self.filter(Q(ended_at=None) | Q(in_force_at__lte=at, ended_at__gt=at)).order_by("position", "number")

    def said(self) -> Self:
        """What the operator said last: the newest version of every entry that was not taken out."""
        return self.filter(ended_at=None)

    def not_ended(self, at: datetime) -> Self:
        """Without an end up to then, whenever they begin."""
        return self.filter(Q(ended_at=None) | Q(ended_at__gt=at))

    def ended(self, at: datetime | None = None) -> Self:
        return self.filter(ended_at__lte=at or now())


class Entry(models.Model):
    """One dated version of one entry of a list; the order in the file is the order on the page.

    A version that was replaced or taken out before it came into force has `ended_at` before `in_force_at`.
    """

    position = models.PositiveSmallIntegerField()
    number = models.PositiveIntegerField(default=1)
    proposed_at = models.DateTimeField(default=now)
    announced_at = models.DateTimeField(default=now)
    in_force_at = models.DateTimeField(default=now)
    ended_at = models.DateTimeField(null=True)
    revision = models.ForeignKey("trust.Revision", null=True, on_delete=models.PROTECT, related_name="+")
    ending = models.ForeignKey("trust.Revision", null=True, on_delete=models.PROTECT, related_name="+")

    objects = EntryQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ["position", "number"]

    def stage(self, at: datetime | None = None) -> Stage:
        at = at or now()
        if self.ended_at is not None and self.ended_at <= at:
            return Stage.ENDED
        return Stage.IN_FORCE if self.in_force_at <= at else Stage.ANNOUNCED


def dated(name: str, key: str = "slug") -> list[models.BaseConstraint]:
    """What holds for the versions of every list: counted without a double, one of them open, told before it begins."""
    return [
        UniqueConstraint(fields=[key, "number"], name=f"{name}_entry_versions"),
        UniqueConstraint(fields=[key], condition=Q(ended_at=None), name=f"{name}_entry_one_open"),
        CheckConstraint(condition=Q(in_force_at__gte=F("announced_at")), name=f"{name}_entry_told_first"),
    ]
