"""The closed lists of the EBA's taxonomy 4.0 of which the register of information must choose, with our words."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

YES, NO = "eba_BT:x28", "eba_BT:x29"
LEI, EUID = "eba_qCO:qx2000", "eba_qCO:qx2002"
LEGAL_PERSON = "eba_CT:x212"
NO_END = "9999-12-31"


def country(code: str) -> str:
    """`NO` -> `eba_GA:NO`."""
    return f"eba_GA:{code}" if code else ""


def currency(code: str) -> str:
    return f"eba_CU:{code}" if code else ""


class Scope(models.TextChoices):
    INDIVIDUAL = "IND", _("one company")
    CONSOLIDATED = "CON", _("a group")


class Arrangement(models.TextChoices):
    STANDALONE = "eba_CO:x1", _("on its own")
    OVERARCHING = "eba_CO:x2", _("overarching")
    SUBSEQUENT = "eba_CO:x3", _("below an overarching one")


class Service(models.TextChoices):
    SAAS = "eba_TA:S19", _("Cloud: software as a service (S19)")
    PAAS = "eba_TA:S18", _("Cloud: platform as a service (S18)")
    IAAS = "eba_TA:S17", _("Cloud: infrastructure as a service (S17)")


class Level(models.TextChoices):
    LOW = "eba_ZZ:x791", _("low")
    MEDIUM = "eba_ZZ:x792", _("medium")
    HIGH = "eba_ZZ:x793", _("high")


class Impact(models.TextChoices):
    LOW = "eba_ZZ:x791", _("low")
    MEDIUM = "eba_ZZ:x792", _("medium")
    HIGH = "eba_ZZ:x793", _("high")
    NOT_ASSESSED = "eba_ZZ:x799", _("not assessed")


class Reliance(models.TextChoices):
    NONE = "eba_ZZ:x794", _("not significant")
    LOW = "eba_ZZ:x795", _("low")
    MATERIAL = "eba_ZZ:x796", _("material")
    FULL = "eba_ZZ:x797", _("full")


class Substitutability(models.TextChoices):
    NOT = "eba_ZZ:x959", _("cannot be replaced")
    HARD = "eba_ZZ:x960", _("very hard to replace")
    MEDIUM = "eba_ZZ:x961", _("not easy to replace")
    EASY = "eba_ZZ:x962", _("easy to replace")


class SubstitutionReason(models.TextChoices):
    NO_ALTERNATIVE = "eba_ZZ:x963", _("no real alternative")
    MIGRATION = "eba_ZZ:x964", _("hard to migrate or take back")
    BOTH = "eba_ZZ:x965", _("both")


class Reintegration(models.TextChoices):
    EASY = "eba_ZZ:x798", _("easy")
    DIFFICULT = "eba_ZZ:x966", _("difficult")
    VERY_HARD = "eba_ZZ:x967", _("very hard")


class YesNo(models.TextChoices):
    YES = YES, _("yes")
    NO = NO, _("no")


class Alternatives(models.TextChoices):
    YES = YES, _("yes")
    NO = NO, _("no")
    NOT_ASSESSED = "eba_BT:x21", _("not assessed")
