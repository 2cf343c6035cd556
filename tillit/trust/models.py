"""The register: what the operator says about the cloud. Global tables; a cloud has one register.

Every row of a list is one dated version of one entry: it was announced, it is in force from a moment on, it ends. Rows
are written by `actions/register.py` alone, and never lose what they said. Which of them holds is asked of the clock
when somebody reads, to the second; nothing has to run for a version to begin. Others point to an entry by its slug.

Texts in several languages are JSON, `{"de": "…", "en": "…"}`.
"""

from __future__ import annotations

from typing import Any, Self

from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from tillit.foundation.clock import now
from tillit.foundation.formats import check_time_zone
from tillit.foundation.models import User
from tillit.foundation.tenancy import TenantModel, scoped
from tillit.trust.choices import Audience, FileMark, Kind, Place, Role, Section, Transfer
from tillit.trust.countries import check_country
from tillit.trust.dated import Entry, codes, country_or_empty, dated, known


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
    lei = models.CharField(max_length=20, blank=True)
    registration = models.CharField(max_length=80, blank=True)
    jurisdiction = models.CharField(max_length=2, blank=True, validators=[check_country])
    currency = models.CharField(max_length=3, blank=True)
    notice_hours = models.PositiveSmallIntegerField()
    processor_notice_days = models.PositiveSmallIntegerField(null=True)
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


class Statement(Entry):
    """A free text of the public page."""

    key = models.SlugField(max_length=80)
    section = models.CharField(max_length=20, choices=Section)
    figures = codes(40)
    text = models.JSONField()

    class Meta(Entry.Meta):
        verbose_name = _("statement")
        constraints = [known("section", Section, name="statement_section_known"), *dated("statement", "key")]

    def __str__(self) -> str:
        return self.key


class Agreement(Entry):
    """A document customers sign or may read. Its versions and texts will hang on this row."""

    slug = models.SlugField(max_length=80)
    kind = models.CharField(max_length=20, choices=Kind)
    title = models.JSONField()
    languages = codes(2)
    binding_language = models.CharField(max_length=2, blank=True)
    audience = models.CharField(max_length=20, choices=Audience, blank=True)
    notice_days = models.PositiveSmallIntegerField(null=True)
    file = models.CharField(max_length=10, choices=FileMark, blank=True)
    link = models.CharField(max_length=300, blank=True)

    class Meta(Entry.Meta):
        verbose_name = _("agreement")
        constraints = [
            known("kind", Kind, name="agreement_kind_known"),
            known("file", FileMark, name="agreement_file_known", or_empty=True),
            known("audience", Audience, name="agreement_audience_known"),
            *dated("agreement"),
        ]

    def __str__(self) -> str:
        return self.slug


class Region(Entry):
    """Where a customer's data may live."""

    slug = models.SlugField(max_length=40)
    countries = codes(2, validators=[check_country])
    time_zone = models.CharField(max_length=64, validators=[check_time_zone])
    name = models.JSONField()
    text = models.JSONField(default=dict, blank=True)

    class Meta(Entry.Meta):
        verbose_name = _("region")
        constraints = dated("region")

    def __str__(self) -> str:
        return self.slug


class DataCentre(Entry):
    """A building in which customers' data lies, and whose it is."""

    slug = models.SlugField(max_length=80)
    name = models.CharField(max_length=200)
    city = models.CharField(max_length=120, blank=True)
    country = models.CharField(max_length=2, validators=[check_country])
    processor = models.SlugField(max_length=80, blank=True)
    text = models.JSONField(default=dict, blank=True)

    class Meta(Entry.Meta):
        verbose_name = _("data centre")
        constraints = [country_or_empty("country", name="data_centre_country_iso"), *dated("data_centre")]

    def __str__(self) -> str:
        return self.slug


class Measure(Entry):
    """How the machines are physically kept; or, with `checked_by`, what the system does and a check proves."""

    slug = models.SlugField(max_length=80)
    place = models.CharField(max_length=20, choices=Place, blank=True)
    checked_by = models.CharField(max_length=80, blank=True)
    period_hours = models.PositiveIntegerField(null=True)
    claim_until = models.DateField(null=True)
    text = models.JSONField()

    class Meta(Entry.Meta):
        verbose_name = _("measure")
        constraints = [known("place", Place, name="measure_place_known", or_empty=True), *dated("measure")]

    def __str__(self) -> str:
        return self.slug


class Certificate(Entry):
    """What somebody else attested, of whom, for which time. An empty `processor` means the operator itself."""

    slug = models.SlugField(max_length=80)
    processor = models.SlugField(max_length=80, blank=True)
    standard = models.CharField(max_length=80)
    body = models.CharField(max_length=200, blank=True)
    certificate_number = models.CharField(max_length=80, blank=True)
    scope = models.JSONField(default=dict, blank=True)
    valid_from = models.DateField(null=True)
    valid_to = models.DateField(null=True)
    report_from = models.DateField(null=True)
    report_to = models.DateField(null=True)
    planned_for = models.DateField(null=True)
    access = models.CharField(max_length=20, choices=Audience, blank=True)
    link = models.CharField(max_length=300, blank=True)

    class Meta(Entry.Meta):
        verbose_name = _("certificate")
        constraints = [
            known("access", Audience, name="certificate_access_known"),
            CheckConstraint(condition=Q(valid_to__gte=F("valid_from")), name="certificate_ends_after_start"),
            CheckConstraint(condition=Q(report_to__gte=F("report_from")), name="certificate_report_ends_after_start"),
            *dated("certificate"),
        ]

    def __str__(self) -> str:
        return self.slug


class Retention(Entry):
    """How long something is kept before it is purged. `holding` names what the purge job empties."""

    slug = models.SlugField(max_length=80)
    holding = models.CharField(max_length=80)
    hours = models.PositiveIntegerField()
    text = models.JSONField()

    class Meta(Entry.Meta):
        verbose_name = _("retention")
        constraints = [CheckConstraint(condition=Q(hours__gt=0), name="retention_positive"), *dated("retention")]

    def __str__(self) -> str:
        return self.slug


class Processor(Entry):
    """A company that touches customers' data: one row of the public transparency list.

    `parent` is the slug of the processor it works for, empty for the operator's own. `reached_at` are addresses such as
    `smtps://smtp.post.example:465`; they and `purposes` compile into the broker's routes (`queries.routes`).
    """

    slug = models.SlugField(max_length=80)
    name = models.CharField(max_length=200)
    legal_entity = models.CharField(max_length=200, blank=True)
    lei = models.CharField(max_length=20, blank=True)
    registration = models.CharField(max_length=80, blank=True)
    role = models.CharField(max_length=20, choices=Role)
    parent = models.SlugField(max_length=80, blank=True)
    critical = models.BooleanField(default=False)
    contact = models.CharField(max_length=300, blank=True)
    seat_city = models.CharField(max_length=120, blank=True)
    seat_country = models.CharField(max_length=2, blank=True, validators=[check_country])
    seat = models.JSONField(default=dict, blank=True)
    storage_countries = codes(2, validators=[check_country])
    processing_countries = codes(2, validators=[check_country])
    processing = models.JSONField()
    purposes = codes(40)
    reached_at = codes(300)
    private_network = models.BooleanField(default=False)
    data_categories = codes(40)
    transfer_basis = models.CharField(max_length=20, choices=Transfer, blank=True)
    transfer_document = models.CharField(max_length=300, blank=True)
    transfer_review = models.DateField(null=True)
    retention_hours = models.PositiveIntegerField(null=True)
    in_force_from = models.DateField(null=True)
    type = models.JSONField()
    service = models.JSONField()
    governance = models.JSONField(default=dict, blank=True)
    governance_link = models.CharField(max_length=300, blank=True)

    class Meta(Entry.Meta):
        verbose_name = _("processor")
        constraints = [
            known("role", Role, name="processor_role_known"),
            known("transfer_basis", Transfer, name="processor_transfer_known", or_empty=True),
            country_or_empty("seat_country", name="processor_country_iso"),
            CheckConstraint(condition=Q(retention_hours__gt=0), name="processor_retention_positive"),
            *dated("processor"),
        ]

    def __str__(self) -> str:
        return self.slug


class RevisionQuerySet(models.QuerySet["Revision"]):
    def that_changed(self) -> Self:
        return self.filter(Q(added__gt=0) | Q(changed__gt=0) | Q(removed__gt=0))


class Revision(models.Model):
    """That the register was applied: when, by whom, and how many entries changed. Rows are added, never changed."""

    at = models.DateTimeField(default=now, editable=False)
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


class Proposal(models.Model):
    """An entry as somebody would like it, before anybody is told: as the file would say it, None to take it out."""

    section = models.CharField(max_length=40)
    slug = models.SlugField(max_length=80)
    entry = models.JSONField(null=True)
    at = models.DateTimeField(default=now)
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    announced_in = models.ForeignKey(Revision, null=True, on_delete=models.PROTECT, related_name="proposals")

    class Meta:
        ordering = ["pk"]
        constraints = [
            UniqueConstraint(fields=["section", "slug"], condition=Q(announced_in=None), name="one_open_proposal")
        ]

    def __str__(self) -> str:
        return f"{self.section}/{self.slug}"


class ObjectionQuerySet(models.QuerySet["Objection"]):
    def standing(self) -> Self:
        """Those that keep a route shut: not withdrawn."""
        return self.exclude(outcome=Objection.Outcome.WITHDRAWN)


class Objection(TenantModel):
    """A customer says no to a processor, from the version `number` on: its routes stay shut for this customer."""

    class Outcome(models.TextChoices):
        OPEN = "", _("Stands")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        TERMINATED = "terminated", _("Contract ended instead")

    operator_reads = True

    processor = models.SlugField(max_length=80)
    number = models.PositiveIntegerField()
    reason = models.TextField(max_length=2000, blank=True)
    raised_at = models.DateTimeField(default=now)
    raised_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=20, choices=Outcome, blank=True)

    objects: Any = scoped(ObjectionQuerySet)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            UniqueConstraint(
                fields=["tenant", "processor", "number"],
                condition=~Q(outcome="withdrawn"),
                name="one_standing_objection",
            ),
            CheckConstraint(
                condition=Q(outcome="", ended_at=None) | (~Q(outcome="") & Q(ended_at__isnull=False)),
                name="objection_ended_with_outcome",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.processor} ({self.get_outcome_display()})"


class Told(TenantModel):
    """That a customer's administrators were told by mail of a version that comes, or of an entry that went.

    The proof that the notice was given. `until` is how long the product shows it, too.
    """

    operator_reads = True

    section = models.CharField(max_length=40)
    slug = models.SlugField(max_length=80)
    number = models.PositiveIntegerField()
    ended = models.BooleanField(default=False)
    at = models.DateTimeField(default=now)
    until = models.DateTimeField()
    administrators = models.PositiveIntegerField()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            UniqueConstraint(fields=["tenant", "section", "slug", "number", "ended"], name="version_told_once"),
        ]
        indexes = [models.Index(fields=["tenant", "until"])]

    def __str__(self) -> str:
        return f"{self.section}/{self.slug} {self.at:%Y-%m-%d %H:%M}"


class NoticeRead(TenantModel):
    """That an administrator put a notice in the product away."""

    told = models.ForeignKey(Told, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=now)

    class Meta:
        constraints = [UniqueConstraint(fields=["told", "user"], name="notice_read_once")]

    def __str__(self) -> str:
        return f"{self.told_id} {self.user_id}"
