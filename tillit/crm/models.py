"""Companies and persons, selections of them, and what each reader wants to see of a list."""

from __future__ import annotations

from typing import Any, Self

from django.contrib.postgres.indexes import GinIndex
from django.core.exceptions import ValidationError
from django.core.validators import (
    MaxLengthValidator,
    MaxValueValidator,
    MinValueValidator,
    ProhibitNullCharactersValidator,
    RegexValidator,
)
from django.db import models
from django.db.models import CheckConstraint, F, Func, Index, Q, UniqueConstraint, Value
from django.db.models.functions import Concat, Length, Trim
from django.db.models.lookups import LessThanOrEqual
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from tillit.foundation.clock import LedgerTime
from tillit.foundation.models import Tenant, User
from tillit.foundation.search import Fold
from tillit.foundation.tenancy import TenantModel, scoped

LONGEST_NOTE = 20_000
NO_NUL = ProhibitNullCharactersValidator()
COUNTRY = RegexValidator(r"^[A-Z]{2}$", _("Use the two letters of ISO 3166, for example NO or DE."))


def digits_of(column: str) -> Func:
    """The column's digits alone, in SQL: `+47 22 33` is found by `2233`."""
    return Func(
        F(column), Value("[^0-9]"), Value(""), Value("g"), function="regexp_replace", output_field=models.TextField()
    )


def searchable(*columns: str) -> models.GeneratedField:
    """A stored column with these columns folded, a space between them, and the digits of the phone number."""
    parts: list[F | Func | Value] = []
    for column in columns:
        parts += [F(column), Value(" ")]
    return models.GeneratedField(
        expression=Fold(Concat(*parts, digits_of("phone"), output_field=models.TextField())),
        output_field=models.TextField(),
        db_persist=True,
    )


def sortable(expression: F | Func) -> models.GeneratedField:
    """A stored column to sort by: folded, and compared by code point, so that pages resume exactly."""
    return models.GeneratedField(
        expression=Fold(expression), output_field=models.CharField(max_length=800, db_collation="C"), db_persist=True
    )


def _tenant() -> models.ForeignKey:
    """The tenant without an index of its own: every index of these large tables begins with it."""
    return models.ForeignKey(Tenant, on_delete=models.PROTECT, editable=False, related_name="+", db_index=False)


class RecordQuerySet(models.QuerySet):
    def active(self) -> Self:
        return self.filter(archived_at=None)


class Record(TenantModel):
    """What companies and persons share: contact, address, note, archive and the optimistic lock."""

    tenant = _tenant()
    email = models.EmailField(_("e-mail"), max_length=254, blank=True, default="")
    phone = models.CharField(_("phone"), max_length=60, blank=True, default="", validators=[NO_NUL])
    street = models.CharField(_("street"), max_length=200, blank=True, default="", validators=[NO_NUL])
    postal_code = models.CharField(_("postal code"), max_length=20, blank=True, default="", validators=[NO_NUL])
    city = models.CharField(_("city"), max_length=120, blank=True, default="", validators=[NO_NUL])
    country = models.CharField(_("country"), max_length=2, blank=True, default="", validators=[COUNTRY])
    note = models.TextField(_("note"), blank=True, default="", validators=[NO_NUL, MaxLengthValidator(LONGEST_NOTE)])
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True, editable=False)
    archived_by = models.ForeignKey(
        User,
        verbose_name=_("archived by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
        db_index=False,
    )
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)
    request_key = models.UUIDField(null=True, blank=True, editable=False)  # of the form that made it: once only
    created_at = models.DateTimeField(_("created"), db_default=LedgerTime(), editable=False)
    updated_at = models.DateTimeField(_("changed"), db_default=LedgerTime(), editable=False)

    objects: Any = scoped(RecordQuerySet)
    ledger_leaves_out = ("request_key", "updated_at")  # the version stays in: it tells an editor what came between

    class Meta:
        abstract = True
        constraints = [
            CheckConstraint(
                condition=Q(country="") | Q(country__regex="^[A-Z]{2}$"), name="%(class)s_country_is_two_letters"
            ),
            CheckConstraint(
                condition=LessThanOrEqual(Length("note"), LONGEST_NOTE), name="%(class)s_note_not_too_long"
            ),
            CheckConstraint(condition=Q(version__gt=0), name="%(class)s_version_counts_from_one"),
            UniqueConstraint(fields=["tenant", "id"], name="%(class)s_in_tenant"),  # foreign keys name both
            UniqueConstraint(
                fields=["tenant", "request_key"],
                condition=Q(request_key__isnull=False),
                name="%(class)s_made_once",
            ),
        ]

    def get_absolute_url(self) -> str:
        return reverse(f"crm:{self._meta.model_name}", args=[self.pk])

    @property
    def is_archived(self) -> bool:
        return self.archived_at is not None


class Company(Record):
    """A business the tenant deals with."""

    name = models.CharField(_("name"), max_length=200, validators=[NO_NUL])
    code = models.CharField(_("short code"), max_length=40, blank=True, default="", validators=[NO_NUL])
    registration_number = models.CharField(
        _("registration number"), max_length=60, blank=True, default="", validators=[NO_NUL]
    )
    domain = models.CharField(_("domain"), max_length=253, blank=True, default="", validators=[NO_NUL])
    industry = models.CharField(_("industry"), max_length=120, blank=True, default="", validators=[NO_NUL])
    founded = models.PositiveSmallIntegerField(
        _("founded"), null=True, blank=True, validators=[MinValueValidator(500), MaxValueValidator(2200)]
    )
    employees = models.PositiveIntegerField(
        _("employees"), null=True, blank=True, validators=[MaxValueValidator(2_000_000_000)]
    )
    sort_name = sortable(F("name"))
    search = searchable("name", "code", "email", "domain", "registration_number", "phone")

    class Meta(Record.Meta):
        verbose_name = _("company")
        verbose_name_plural = _("companies")
        constraints = [
            *Record.Meta.constraints,
            CheckConstraint(condition=~Q(name=""), name="company_has_a_name"),
            CheckConstraint(
                condition=Q(founded=None) | Q(founded__range=(500, 2200)), name="company_founded_in_history"
            ),
        ]
        indexes = [
            GinIndex(fields=["tenant", "search"], opclasses=["int8_ops", "gin_trgm_ops"], name="company_search"),
            Index(fields=["tenant", "sort_name", "id"], name="company_by_name"),
            Index(fields=["tenant", "industry", "sort_name", "id"], name="company_by_industry"),
            Index(fields=["tenant", "country", "sort_name", "id"], name="company_by_country"),
            Index(fields=["tenant", "city", "sort_name", "id"], name="company_by_city"),
            Index(fields=["tenant", "created_at", "id"], name="company_by_creation"),
            Index(fields=["tenant", "updated_at", "id"], name="company_by_change"),
            Index(
                fields=["tenant", "sort_name", "id"],
                condition=Q(archived_at__isnull=False),
                name="company_archived",
            ),
            Index(fields=["tenant", "email"], name="company_by_email"),
            Index(fields=["tenant", "domain"], name="company_by_domain"),
            Index(fields=["tenant", "registration_number"], name="company_by_registration"),
            Index(fields=["tenant", "code"], name="company_by_code"),
        ]

    def __str__(self) -> str:
        return self.name


class Person(Record):
    """Somebody the tenant deals with, at a company or alone."""

    first_name = models.CharField(_("first name"), max_length=120, blank=True, default="", validators=[NO_NUL])
    last_name = models.CharField(_("last name"), max_length=120, blank=True, default="", validators=[NO_NUL])
    title = models.CharField(_("job title"), max_length=120, blank=True, default="", validators=[NO_NUL])
    company = models.ForeignKey(
        Company,
        verbose_name=_("company"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_constraint=False,  # a foreign key over (tenant, company) stands in its place, see the migration
        db_index=False,
    )
    sort_name = sortable(Trim(Concat(F("last_name"), Value(" "), F("first_name"))))
    search = searchable("first_name", "last_name", "email", "phone")

    class Meta(Record.Meta):
        verbose_name = _("person")
        verbose_name_plural = _("persons")
        constraints = [
            *Record.Meta.constraints,
            CheckConstraint(condition=~Q(first_name="", last_name=""), name="person_has_a_name"),
        ]
        indexes = [
            GinIndex(fields=["tenant", "search"], opclasses=["int8_ops", "gin_trgm_ops"], name="person_search"),
            Index(fields=["tenant", "sort_name", "id"], name="person_by_name"),
            Index(fields=["tenant", "company", "sort_name", "id"], name="person_by_company"),
            Index(fields=["tenant", "country", "sort_name", "id"], name="person_by_country"),
            Index(fields=["tenant", "city", "sort_name", "id"], name="person_by_city"),
            Index(fields=["tenant", "email", "id"], name="person_by_email"),
            Index(fields=["tenant", "created_at", "id"], name="person_by_creation"),
            Index(fields=["tenant", "updated_at", "id"], name="person_by_change"),
            Index(
                fields=["tenant", "sort_name", "id"],
                condition=Q(archived_at__isnull=False),
                name="person_archived",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    def clean(self) -> None:
        if not (self.first_name or self.last_name):
            raise ValidationError({"last_name": _("A person needs a first or a last name.")})


class Kind(models.TextChoices):
    """What a list or a selection holds."""

    COMPANY = "company", _("Companies")
    PERSON = "person", _("Persons")


class Selection(TenantModel):
    """A named set of companies or of persons, chosen once (an import leaves one, too)."""

    name = models.CharField(_("name"), max_length=120, validators=[NO_NUL])
    kind = models.CharField(_("holds"), max_length=10, choices=Kind)
    created_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=LedgerTime())

    class Meta:
        verbose_name = _("selection")
        constraints = [
            CheckConstraint(condition=Q(kind__in=["company", "person"]), name="selection_kind_known"),
            CheckConstraint(condition=~Q(name=""), name="selection_has_a_name"),
            UniqueConstraint(fields=["tenant", "id"], name="selection_in_tenant"),
        ]
        indexes = [Index(fields=["tenant", "kind", "-created_at"], name="selection_newest")]

    def __str__(self) -> str:
        return self.name


class SelectionMember(TenantModel):
    """That a company, or a person, is in a selection."""

    tenant = _tenant()
    selection = models.ForeignKey(
        Selection, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    company = models.ForeignKey(
        Company, null=True, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    person = models.ForeignKey(
        Person, null=True, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )

    class Meta:
        verbose_name = _("member of a selection")
        constraints = [
            CheckConstraint(
                condition=Q(company=None, person__isnull=False) | Q(company__isnull=False, person=None),
                name="selection_member_is_one_record",
            ),
            UniqueConstraint(
                fields=["tenant", "selection", "company"],
                condition=Q(company__isnull=False),
                name="company_selected_once",
            ),
            UniqueConstraint(
                fields=["tenant", "selection", "person"],
                condition=Q(person__isnull=False),
                name="person_selected_once",
            ),
        ]
        indexes = [
            Index(fields=["tenant", "company"], condition=Q(company__isnull=False), name="selections_of_company"),
            Index(fields=["tenant", "person"], condition=Q(person__isnull=False), name="selections_of_person"),
        ]

    def __str__(self) -> str:
        return f"{self.selection_id}: {self.company_id or self.person_id}"


class ListSetting(TenantModel):
    """Which columns a person of the tenant wants in a list, in order."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind)
    columns = models.JSONField(default=list)

    class Meta:
        verbose_name = _("list setting")
        constraints = [
            CheckConstraint(condition=Q(kind__in=["company", "person"]), name="list_setting_kind_known"),
            UniqueConstraint(fields=["tenant", "user", "kind"], name="one_list_setting_each"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.kind}"
