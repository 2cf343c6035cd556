"""Published versions, what is being written, and who accepted what.

Agreements themselves are entries of the register and are meant here by their slug. Versions and drafts are the
operator's and belong to no tenant.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any, Self

from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from tillit.foundation.clock import now
from tillit.foundation.models import StoredFile, User
from tillit.foundation.tenancy import TenantModel, scoped
from tillit.trust.agreements.documents import Document, read_document
from tillit.trust.agreements.rendering import Part, canonical, parts, plain
from tillit.trust.agreements.variables import fill
from tillit.trust.choices import Audience, Kind


class VersionQuerySet(models.QuerySet["AgreementVersion"]):
    def without_texts(self) -> Self:
        """For lists: the texts are long."""
        return self.defer("texts", "values")

    def in_force(self, at: datetime | None = None) -> Self:
        """One of each agreement: the highest number that has begun."""
        begun = self.filter(valid_from__lte=at or now())
        return begun.order_by("agreement", "-number").distinct("agreement")

    def newest(self) -> Self:
        """One of each agreement, in force or to come."""
        return self.order_by("agreement", "-number").distinct("agreement")


class AgreementVersion(models.Model):
    """One published version of an agreement, with the values of the register it was published with.

    Rows are added, never changed: a trigger refuses it. Texts, titles, changes and hashes are objects by language.
    """

    agreement = models.SlugField(max_length=80)
    number = models.PositiveIntegerField()
    label = models.CharField(max_length=20)
    kind = models.CharField(max_length=20, choices=Kind)
    audience = models.CharField(max_length=20, choices=Audience, blank=True)
    title = models.JSONField()
    texts = models.JSONField()
    values = models.JSONField(default=dict, blank=True)
    binding_language = models.CharField(max_length=2)
    changes = models.JSONField(default=dict, blank=True)
    sha256 = models.JSONField()
    asks_acceptance = models.BooleanField(default=False)
    valid_from = models.DateTimeField()
    published_at = models.DateTimeField(default=now)
    published_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    objects = VersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("version of an agreement")
        ordering = ["agreement", "-number"]
        constraints = [
            UniqueConstraint(fields=["agreement", "number"], name="agreement_versions_counted"),
            CheckConstraint(condition=Q(number__gt=0), name="agreement_versions_from_one"),
            CheckConstraint(condition=Q(valid_from__gte=models.F("published_at")), name="agreement_told_before_valid"),
        ]

    def __str__(self) -> str:
        return f"{self.agreement} {self.number}"

    @property
    def languages(self) -> list[str]:
        """The binding one first."""
        return sorted(self.sha256, key=lambda code: (code != self.binding_language, code))

    @property
    def is_public(self) -> bool:
        return self.audience == Audience.PUBLIC

    def begun(self, at: datetime | None = None) -> bool:
        return self.valid_from <= (at or now())

    def language_for(self, wanted: str | None = None) -> str:
        """The wanted language, else the reader's, else the binding one."""
        asked = ((wanted or "")[:2], (get_language() or "en")[:2])
        return next((code for code in asked if code in self.sha256), self.binding_language)

    def document(self, language: str) -> Document:
        return _document(self.agreement, language, self.texts[language])

    def parts(self, language: str) -> list[Part]:
        """The clauses as HTML, with the values of this version."""
        return _parts(self.agreement, language, self.texts[language], _frozen(self.values, language))

    def plain_clauses(self, language: str) -> list[tuple[str, str, str, str]]:
        """Number, name, title and words of each clause, without Markdown and with the values of this version."""
        found = []
        for one in self.document(language).clauses:
            title, body = (plain(fill(said, self.values, language)) for said in (one.title, one.body))
            found.append((one.number, one.anchor, title, body))
        return found

    def canonical(self, language: str) -> str:
        """The text whose SHA-256 is `sha256[language]`."""
        document = self.document(language)
        return canonical(document, self.values, number=self.number, valid_from=self.valid_from)


# Published texts never change: what was read and rendered once is kept. About 100 kB each.
@lru_cache(maxsize=128)
def _document(slug: str, language: str, text: str) -> Document:
    return read_document(text, slug=slug, language=language)


@lru_cache(maxsize=128)
def _parts(slug: str, language: str, text: str, values: tuple[tuple[str, str], ...]) -> list[Part]:
    return parts(_document(slug, language, text), {key: {language: said} for key, said in values})


def _frozen(values: dict[str, dict[str, str]], language: str) -> tuple[tuple[str, str], ...]:
    return tuple((key, texts[language]) for key, texts in values.items() if language in texts)


class Draft(models.Model):
    """What the operator is writing: one for each agreement, files by language. Published or withdrawn, it is gone."""

    agreement = models.SlugField(max_length=80, unique=True)
    texts = models.JSONField(default=dict)
    changed_at = models.DateTimeField(default=now)
    changed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["agreement"]

    def __str__(self) -> str:
        return self.agreement


class Acceptance(TenantModel):
    """That a customer accepted a version: in which language it was read, with which hash, who, and for whom."""

    operator_reads = True
    append_only = True

    version = models.ForeignKey(AgreementVersion, on_delete=models.PROTECT, related_name="+")
    language = models.CharField(max_length=2)
    sha256 = models.CharField(max_length=64)
    at = models.DateTimeField(default=now)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)  # on whose authority: a person of the customer …
    function = models.CharField(max_length=120)  # … and what allows that person to bind it

    class Meta:
        ordering = ["-pk"]
        constraints = [UniqueConstraint(fields=["tenant", "version"], name="accepted_once")]

    def __str__(self) -> str:
        return f"{self.version} ({self.name})"


class AccessRequestQuerySet(models.QuerySet["AccessRequest"]):
    def granting(self, slugs: Iterable[str] | None = None, at: datetime | None = None) -> Self:
        """Those whose answer lets somebody read now."""
        found = self.filter(answer__granted=True, answer__until__gt=at or now())
        return found if slugs is None else found.filter(agreement__in=slugs)


class AccessRequest(TenantModel):
    """Somebody asks to read a document that is given on request, and promises to keep it secret.

    A request that came by mail is the operator's row; `email` says to whom the document is given.
    """

    operator_reads = True
    append_only = True

    agreement = models.SlugField(max_length=80)
    at = models.DateTimeField(default=now)
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)
    email = models.EmailField(max_length=254, blank=True)
    reason = models.CharField(max_length=500, blank=True)

    objects: Any = scoped(AccessRequestQuerySet)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.agreement}: {self.name}"


class AccessAnswer(TenantModel):
    """The operator's answer to a request. The document may be read until then."""

    operator_reads = True
    append_only = True

    request = models.OneToOneField(AccessRequest, on_delete=models.PROTECT, related_name="answer")
    granted = models.BooleanField()
    until = models.DateTimeField(null=True)
    at = models.DateTimeField(default=now)
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [CheckConstraint(condition=Q(granted=False) | Q(until__isnull=False), name="granted_until_when")]

    def __str__(self) -> str:
        return str(self.request)


class SealedDocument(models.Model):
    """The sealed PDF of a published version in one language; its bytes lie under their hash in the data folder."""

    version = models.ForeignKey(AgreementVersion, on_delete=models.PROTECT, related_name="sealed")
    language = models.CharField(max_length=2)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    made_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [UniqueConstraint(fields=["version", "language"], name="sealed_once")]

    def __str__(self) -> str:
        return f"{self.version} {self.language}"


class Bundle(TenantModel):
    """Everything in force for a customer as one sealed file: asked for, being made, made or failed.

    `contents` is the manifest that lies in the file as well; `problem` says why it could not be made.
    """

    language = models.CharField(max_length=2)
    asked_at = models.DateTimeField(default=now)
    asked_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(null=True)
    file = models.ForeignKey(StoredFile, null=True, on_delete=models.PROTECT, related_name="+")
    contents = models.JSONField(default=dict)
    problem = models.TextField(blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            UniqueConstraint(fields=["tenant"], condition=Q(made_at=None), name="one_bundle_at_a_time"),
            CheckConstraint(
                condition=Q(made_at=None) | Q(file__isnull=False) | ~Q(problem=""), name="bundle_has_file_or_problem"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.asked_at:%Y-%m-%d %H:%M}"

    @property
    def is_under_way(self) -> bool:
        return self.made_at is None
