"""The register: what the operator says about the cloud. Global tables; a cloud has one register.

Texts in several languages are JSON, `{"de": "…", "en": "…"}`. Rows are written by `actions.apply_register` alone, which
keeps a row's primary key for as long as its slug stays in the file: other rooms may point here.
"""

from __future__ import annotations

from typing import Any, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import CheckConstraint, Q
from django.utils.translation import gettext_lazy as _

from tillit.foundation.formats import check_time_zone
from tillit.foundation.models import User
from tillit.trust.countries import check_country

TWO_CAPITALS = r"^[A-Z]{2}$"


class Section(models.TextChoices):
    """The parts of the public page that free texts belong to."""

    INTRODUCTION = "introduction", _("Introduction")
    AGREEMENTS = "agreements", _("Agreements & policies")
    REGIONS = "regions", _("Regions")
    TRANSPARENCY = "transparency", _("Transparency")
    PROCESSORS = "processors", _("Data-centre transparency list")
    AVAILABILITY = "availability", _("Service availability")
    MAINTENANCE = "maintenance", _("Maintenance plan")
    STATUS = "status", _("Status page")


class Kind(models.TextChoices):
    """Of an agreement."""

    CONTRACT = "contract", _("Contract")
    ADDENDUM = "addendum", _("Addendum to a contract")
    TERMS = "terms", _("Terms of use")
    DATA_PROCESSING = "data-processing", _("Agreement on data processing")
    PROCESSOR_LIST = "processor-list", _("List of processors")
    POLICY = "policy", _("Policy")
    CONDUCT = "conduct", _("Code of conduct")


class FileMark(models.TextChoices):
    PDF = "pdf", "pdf"


class Place(models.TextChoices):
    """Where a physical measure is taken."""

    DATA_CENTRE = "data-centre", _("In the data centres")
    PUBLIC_CLOUD = "public-cloud", _("In public clouds")


class Role(models.TextChoices):
    """What a processor does."""

    PROVIDER = "provider", _("Provider")
    HOSTING = "hosting", _("Hosting")
    MAIL = "mail", _("E-mail")
    DOCUMENTS = "documents", _("Documents")
    CALENDARS = "calendars", _("Calendars")
    APPS = "apps", _("Apps")


def codes(length: int, **options: Any) -> ArrayField:
    return ArrayField(models.CharField(max_length=length, **options), default=list, blank=True)


def known(field: str, choices: type[models.TextChoices], *, name: str, or_empty: bool = False) -> CheckConstraint:
    values = [*choices.values, *([""] if or_empty else [])]
    return CheckConstraint(condition=Q(**{f"{field}__in": values}), name=name)


def country_or_empty(field: str, *, name: str) -> CheckConstraint:
    return CheckConstraint(condition=Q(**{field: ""}) | Q(**{f"{field}__regex": TWO_CAPITALS}), name=name)


class Operator(models.Model):
    """Who answers for this cloud, and the figures it holds itself to. There is one row."""

    id = models.SmallIntegerField(primary_key=True, editable=False)
    name = models.CharField(max_length=120)
    legal_entity = models.CharField(max_length=200, blank=True)
    seat_city = models.CharField(max_length=120, blank=True)
    seat_country = models.CharField(max_length=2, blank=True, validators=[check_country])
    contact = models.CharField(max_length=300)
    security_contact = models.CharField(max_length=300)
    status_page = models.CharField(max_length=300, blank=True)
    time_zone = models.CharField(max_length=64, validators=[check_time_zone])
    languages = codes(2)
    example_data = models.BooleanField(default=False)
    source = models.JSONField(default=dict, blank=True)
    notice_hours = models.PositiveSmallIntegerField()
    rare_downtime_minutes = models.PositiveSmallIntegerField(null=True)

    class Meta:
        verbose_name = _("operator")
        constraints = [
            CheckConstraint(condition=Q(id=1), name="one_operator_in_the_register"),
            country_or_empty("seat_country", name="operator_country_iso"),
            CheckConstraint(condition=Q(notice_hours__gt=0), name="notice_hours_positive"),
            CheckConstraint(condition=Q(rare_downtime_minutes__gt=0), name="rare_downtime_positive"),
        ]

    def __str__(self) -> str:
        return self.name


class Entry(models.Model):
    """One entry of a list in the register; the order in the file is the order on the page."""

    position = models.PositiveSmallIntegerField()

    class Meta:
        abstract = True
        ordering = ["position"]


class Statement(Entry):
    """A free text of the public page."""

    key = models.SlugField(max_length=80, unique=True)
    section = models.CharField(max_length=20, choices=Section)
    figures = codes(40)
    text = models.JSONField()

    class Meta(Entry.Meta):
        verbose_name = _("statement")
        constraints = [known("section", Section, name="statement_section_known")]

    def __str__(self) -> str:
        return self.key


class Agreement(Entry):
    """A document customers sign or may read. Its versions and texts will hang on this row."""

    slug = models.SlugField(max_length=80, unique=True)
    kind = models.CharField(max_length=20, choices=Kind)
    title = models.JSONField()
    languages = codes(2)
    file = models.CharField(max_length=10, choices=FileMark, blank=True)
    link = models.CharField(max_length=300, blank=True)

    class Meta(Entry.Meta):
        verbose_name = _("agreement")
        constraints = [
            known("kind", Kind, name="agreement_kind_known"),
            known("file", FileMark, name="agreement_file_known", or_empty=True),
        ]

    def __str__(self) -> str:
        return self.slug


class Region(Entry):
    """Where a customer's data may live."""

    slug = models.SlugField(max_length=40, unique=True)
    countries = codes(2, validators=[check_country])
    time_zone = models.CharField(max_length=64, validators=[check_time_zone])
    name = models.JSONField()
    text = models.JSONField(default=dict, blank=True)

    class Meta(Entry.Meta):
        verbose_name = _("region")

    def __str__(self) -> str:
        return self.slug


class Measure(Entry):
    """How the machines are physically kept."""

    slug = models.SlugField(max_length=80, unique=True)
    place = models.CharField(max_length=20, choices=Place)
    text = models.JSONField()

    class Meta(Entry.Meta):
        verbose_name = _("measure")
        constraints = [known("place", Place, name="measure_place_known")]

    def __str__(self) -> str:
        return self.slug


class Processor(Entry):
    """A company that touches customers' data: one row of the public transparency list."""

    slug = models.SlugField(max_length=80, unique=True)
    name = models.CharField(max_length=200)
    role = models.CharField(max_length=20, choices=Role)
    seat_city = models.CharField(max_length=120, blank=True)
    seat_country = models.CharField(max_length=2, blank=True, validators=[check_country])
    seat = models.JSONField(default=dict, blank=True)
    processing_countries = codes(2, validators=[check_country])
    processing = models.JSONField()
    retention_hours = models.PositiveIntegerField(null=True)
    type = models.JSONField()
    service = models.JSONField()
    governance = models.JSONField(default=dict, blank=True)
    governance_link = models.CharField(max_length=300, blank=True)

    class Meta(Entry.Meta):
        verbose_name = _("processor")
        constraints = [
            known("role", Role, name="processor_role_known"),
            country_or_empty("seat_country", name="processor_country_iso"),
            CheckConstraint(condition=Q(retention_hours__gt=0), name="processor_retention_positive"),
        ]

    def __str__(self) -> str:
        return self.slug


class RevisionQuerySet(models.QuerySet["Revision"]):
    def that_changed(self) -> Self:
        return self.filter(Q(added__gt=0) | Q(changed__gt=0) | Q(removed__gt=0))


class Revision(models.Model):
    """That the register was applied: when, by whom, and how many entries changed. Rows are added, never changed."""

    at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    added = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    removed = models.PositiveIntegerField(default=0)

    objects = RevisionQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"

    @property
    def changes_anything(self) -> bool:
        return bool(self.added or self.changed or self.removed)
