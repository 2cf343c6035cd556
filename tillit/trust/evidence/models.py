"""What only a customer knows for its register of information, and who hears of new processors by mail."""

from __future__ import annotations

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from tillit.foundation.clock import now
from tillit.foundation.formats import LANGUAGES
from tillit.foundation.tenancy import TenantModel
from tillit.trust.countries import check_country
from tillit.trust.evidence import wording

CURRENCY = RegexValidator(r"^[A-Z]{3}$", _("Three capital letters, such as EUR (ISO 4217)."))


def check_lei(code: str) -> None:
    """ISO 17442: 18 letters or digits and two check digits, by ISO 7064 MOD 97-10."""
    if len(code) != 20 or not code.isascii() or not code.isalnum() or code != code.upper() or not code[18:].isdigit():
        raise ValidationError(_("An LEI has 20 capital letters and digits; the last two are digits."))
    if int("".join(str(int(sign, 36)) for sign in code)) % 97 != 1:
        raise ValidationError(_("The check digits of this LEI are wrong: a letter or digit is mistyped."))


class ReportingDetails(TenantModel):
    """What the customer once typed for its register of information; one row for each. Codes are the EBA's."""

    lei = models.CharField(_("LEI of your company"), max_length=20, validators=[check_lei])
    country = models.CharField(_("country of your authority"), max_length=2, validators=[check_country])
    scope = models.CharField(_("report of"), max_length=3, choices=wording.Scope, default=wording.Scope.INDIVIDUAL)
    reference_date = models.DateField(_("reference date"))
    contract_reference = models.CharField(_("contract reference"), max_length=80)
    arrangement = models.CharField(
        _("type of arrangement"), max_length=10, choices=wording.Arrangement, default=wording.Arrangement.STANDALONE
    )
    overarching_reference = models.CharField(_("overarching contract"), max_length=80, blank=True)
    function_ids = ArrayField(models.CharField(max_length=40), verbose_name=_("functions"))
    service_type = models.CharField(
        _("type of service"), max_length=12, choices=wording.Service, default=wording.Service.SAAS
    )
    critical = models.BooleanField(_("supports a critical or important function"), default=False)
    starts_on = models.DateField(_("start of the contract"))
    ends_on = models.DateField(_("end of the contract"), null=True, blank=True)
    notice_days_customer = models.PositiveSmallIntegerField(_("your notice period in days"), null=True, blank=True)
    notice_days_provider = models.PositiveSmallIntegerField(_("our notice period in days"), null=True, blank=True)
    governing_law = models.CharField(_("governing law"), max_length=2, blank=True, validators=[check_country])
    currency = models.CharField(_("currency"), max_length=3, default="EUR", validators=[CURRENCY])
    yearly_cost = models.DecimalField(_("yearly cost"), max_digits=14, decimal_places=2, null=True, blank=True)
    sensitivity = models.CharField(_("sensitivity of the data"), max_length=12, choices=wording.Level, blank=True)
    reliance = models.CharField(_("reliance on the service"), max_length=12, choices=wording.Reliance, blank=True)
    substitutability = models.CharField(
        _("substitutability"), max_length=12, choices=wording.Substitutability, blank=True
    )
    substitution_reason = models.CharField(
        _("reason, if hard to replace"), max_length=12, choices=wording.SubstitutionReason, blank=True
    )
    last_audit = models.DateField(_("your last audit of us"), null=True, blank=True)
    exit_plan = models.CharField(_("you have an exit plan"), max_length=12, choices=wording.YesNo, blank=True)
    reintegration = models.CharField(_("reintegration"), max_length=12, choices=wording.Reintegration, blank=True)
    impact = models.CharField(_("impact of the end of the service"), max_length=12, choices=wording.Impact, blank=True)
    alternatives = models.CharField(
        _("alternatives identified"), max_length=12, choices=wording.Alternatives, blank=True
    )
    alternative_names = models.CharField(_("names of alternatives"), max_length=200, blank=True)
    changed_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        verbose_name = _("details for the register of information")
        constraints = [
            UniqueConstraint(fields=["tenant"], name="one_reporting_details_each"),
            CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gt=models.F("starts_on")),
                name="contract_ends_after_start",
                violation_error_message=_("The contract ends before it starts."),
            ),
        ]

    def __str__(self) -> str:
        return self.contract_reference


class SubscriberQuerySet(models.QuerySet["Subscriber"]):
    def confirmed(self) -> Self:
        return self.exclude(confirmed_at=None)

    def unconfirmed(self) -> Self:
        return self.filter(confirmed_at=None)


class Subscriber(models.Model):
    """A mail address that hears of new and ended processors. The operator's; shown to nobody; gone when it leaves."""

    email = models.EmailField(max_length=254, unique=True)
    language = models.CharField(max_length=5, choices=LANGUAGES)
    asked_at = models.DateTimeField(default=now)
    confirmed_at = models.DateTimeField(null=True)

    objects = SubscriberQuerySet.as_manager()

    class Meta:
        verbose_name = _("subscriber")
        constraints = [CheckConstraint(condition=Q(email=Lower("email")), name="subscriber_email_is_lower_case")]

    def __str__(self) -> str:
        return f"subscriber {self.pk}"  # never the address: this is what logs and errors show


class SentNews(models.Model):
    """That a subscriber was told of something, so that nothing is sent twice."""

    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, related_name="+")
    news = models.CharField(max_length=140)
    at = models.DateTimeField(default=now)

    class Meta:
        constraints = [UniqueConstraint(fields=["subscriber", "news"], name="told_once")]

    def __str__(self) -> str:
        return self.news
