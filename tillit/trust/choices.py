"""The words of which the register's file must choose one."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


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


class Audience(models.TextChoices):
    """Who may read a document."""

    PUBLIC = "", _("Everybody")
    CUSTOMERS = "customers", _("Customers")
    ON_REQUEST = "on-request", _("On request, under a promise of secrecy")


class Transfer(models.TextChoices):
    """On what basis personal data may go to a third country: GDPR, Articles 44 to 49."""

    NONE = "none", _("No transfer out of the EEA")
    ADEQUACY = "adequacy", _("Adequacy decision (Art. 45)")
    SCC = "scc", _("Standard contractual clauses (Art. 46)")
    BCR = "bcr", _("Binding corporate rules (Art. 47)")
    DEROGATION = "derogation", _("Derogation (Art. 49)")


class Stage(models.TextChoices):
    """Of a dated version."""

    ANNOUNCED = "announced", _("Announced")
    IN_FORCE = "in-force", _("In force")
    ENDED = "ended", _("Ended")
