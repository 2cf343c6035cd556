"""Tenant, user, membership, event and ledger: the nouns every other room stands on."""

from __future__ import annotations

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import CheckConstraint, F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from tillit.foundation.clock import LedgerTime
from tillit.foundation.formats import LANGUAGES, check_time_zone
from tillit.foundation.tenancy import TenantModel

SLUG = RegexValidator(r"^[a-z][a-z0-9-]{1,38}[a-z0-9]$", _("Use 3 to 40 small letters, digits and hyphens."))


class Tenant(models.Model):
    """A customer of the cloud, the operator itself, or the probes' own. Lives on its own host; owns every row that
    names it."""

    class Kind(models.TextChoices):
        CUSTOMER = "customer", _("Customer")
        OPERATOR = "operator", _("Operator")
        PROBE = "probe", _("Probes")  # where the service is measured; nobody's, and counted nowhere

    class Wave(models.TextChoices):
        """In which part of the customers a release arrives, A first. The maintenance plan says how many there are."""

        A = "a", _("Wave A (first)")
        B = "b", _("Wave B")
        C = "c", _("Wave C")
        D = "d", _("Wave D")
        E = "e", _("Wave E")
        F = "f", _("Wave F")

    class State(models.TextChoices):
        PROVISIONING = "provisioning", _("Being set up")
        RUNNING = "running", _("Running")
        READ_ONLY = "online_maintenance", _("In maintenance, readable")
        OFFLINE = "offline_maintenance", _("In maintenance")
        SUSPENDED = "suspended", _("Suspended")
        DELETED = "deleted", _("Deleted")

    slug = models.CharField(_("address"), max_length=40, unique=True, validators=[SLUG])
    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.CUSTOMER)
    region = models.CharField(_("region"), max_length=40, default="eu")
    wave = models.CharField(_("release wave"), max_length=1, choices=Wave, default=Wave.B)
    state = models.CharField(_("state"), max_length=20, choices=State, default=State.RUNNING)
    language = models.CharField(_("language"), max_length=5, choices=LANGUAGES, default="en")
    time_zone = models.CharField(_("time zone"), max_length=64, default="Europe/Oslo", validators=[check_time_zone])
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("tenant")
        constraints = [
            models.UniqueConstraint(F("kind"), condition=Q(kind="operator"), name="one_operator"),
            CheckConstraint(condition=Q(wave__in=["a", "b", "c", "d", "e", "f"]), name="tenant_wave_known"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_operator(self) -> bool:
        return self.kind == self.Kind.OPERATOR

    def is_open(self) -> bool:
        """Whether its people may sign in."""
        return self.state in (self.State.RUNNING, self.State.READ_ONLY)

    def is_read_only(self) -> bool:
        """Whether its people may look but not change."""
        return self.state == self.State.READ_ONLY


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, email: str | None) -> User:
        return self.get(email=(email or "").lower())


class User(AbstractBaseUser):
    """A person. Global: one sign-in, a membership in each tenant he or she works for."""

    class Theme(models.TextChoices):
        AUTO = "auto", _("As the device")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    email = models.EmailField(_("e-mail"), max_length=254, unique=True)
    name = models.CharField(_("name"), max_length=120)
    language = models.CharField(_("language"), max_length=5, choices=LANGUAGES, default="en")
    time_zone = models.CharField(_("time zone"), max_length=64, default="Europe/Oslo", validators=[check_time_zone])
    theme = models.CharField(_("appearance"), max_length=5, choices=Theme, default=Theme.AUTO)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    objects = UserManager()

    class Meta:
        verbose_name = _("user")
        constraints = [CheckConstraint(condition=Q(email=Lower("email")), name="email_is_lower_case")]

    def __str__(self) -> str:
        return self.name or self.email


class Role(models.TextChoices):
    ADMINISTRATOR = "administrator", _("Tenant administrator")
    MEMBER = "member", _("Member")
    READER = "reader", _("Reader")
    OPERATOR = "operator", _("Operator staff")


class Membership(TenantModel):
    """That a person works for a tenant, and in which role. An ended membership is a row with an end."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(_("role"), max_length=20, choices=Role)
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("tenant", "user", condition=Q(ended_at=None), name="one_membership_each")
        ]
        indexes = [models.Index(fields=["tenant", "user"])]

    def __str__(self) -> str:
        return f"{self.user} ({self.get_role_display()})"


class Event(TenantModel):
    """Something that happened, recorded by the action that did it. Rows are added, never changed."""

    append_only = True

    name = models.CharField(max_length=80)
    actor = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    subject_type = models.CharField(max_length=80, blank=True)
    subject_id = models.BigIntegerField(null=True)
    at = models.DateTimeField(db_default=LedgerTime())
    data = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["tenant", "subject_type", "subject_id", "id"])]

    def __str__(self) -> str:
        return self.name


class LedgerEntry(TenantModel):
    """One row inserted, changed or deleted: who, when, by which action, which fields before and after.

    Written by database triggers only (`sql/ledger.sql`); the application may read. Partitioned by month.
    """

    class Kind(models.TextChoices):
        INSERTED = "i", _("created")
        CHANGED = "u", _("changed")
        DELETED = "d", _("deleted")

    append_only = True

    id = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    transaction_id = models.BigIntegerField()
    actor = models.ForeignKey(User, null=True, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False)
    action = models.TextField()
    cause = models.TextField()
    table_name = models.TextField()
    row_id = models.BigIntegerField()
    kind = models.CharField(max_length=1, choices=Kind)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)

    class Meta:
        managed = False
        db_table = "foundation_ledgerentry"
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.table_name} {self.row_id} {self.get_kind_display()}"


class OutgoingMail(models.Model):
    """A message waiting for the transport, or kept for reading where no transport is configured.

    `tenant`: for whom it is sent, which decides the way it may go; None: for the cloud itself.
    """

    tenant = models.ForeignKey(Tenant, null=True, editable=False, on_delete=models.PROTECT, related_name="+")
    to = models.EmailField(max_length=254)
    subject = models.CharField(max_length=250)
    message = models.BinaryField()
    queued_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["-id"])]

    def __str__(self) -> str:
        return self.subject


class CameBack(models.Model):
    """What came into our mailbox of a letter (`mailbox`): the worst that was said of it, or the letter itself.

    `code`: RFC 3463, such as `5.1.1`. `said`: the other server's own sentence.
    """

    class Kind(models.TextChoices):
        FOR_GOOD = "for_good", _("Came back")
        FOR_NOW = "for_now", _("Came back for now")  # the same address may take the next one
        ITSELF = "itself", _("Arrived")

    mail = models.OneToOneField(OutgoingMail, editable=False, on_delete=models.CASCADE, related_name="came_back")
    kind = models.CharField(max_length=10, choices=Kind)
    at = models.DateTimeField()
    code = models.CharField(max_length=12, blank=True)
    said = models.CharField(max_length=300, blank=True)

    def __str__(self) -> str:
        return f"letter {self.mail_id}: {self.kind}"


class Mailbox(models.Model):
    """How far the mailbox was read that letters come back to.

    `validity`, `seen`: while the first stays the same, a UID names the same message (RFC 3501, 2.3.1.1); all up to the
    second were read. `left`: how many of them were left there: they are not about letters of ours, or the server
    does not hand them out or remove them.
    """

    place = models.CharField(max_length=400, unique=True)  # user, host and folder; never the password
    validity = models.BigIntegerField(default=0)
    seen = models.BigIntegerField(default=0)
    left = models.PositiveIntegerField(default=0)
    read_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=500, blank=True)

    def __str__(self) -> str:
        return f"mailbox {self.pk}"


class NamedWay(models.Model):
    """An address that its recipient named (`named_ways`). `tenant` None: somebody without a customer's account.

    Opened when it was named, confirmed when the server there answered, closed when nothing may go there any more.
    """

    tenant = models.ForeignKey(Tenant, null=True, editable=False, on_delete=models.CASCADE, related_name="+")
    purpose = models.CharField(max_length=40)
    host = models.CharField(max_length=253)
    port = models.PositiveIntegerField()
    opened_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["purpose"], condition=Q(closed_at=None), name="named_way_open")]

    def __str__(self) -> str:
        return f"{self.purpose}: way {self.pk}"  # never the address: this is what logs and errors show


class StoredFile(TenantModel):
    """A file of a tenant: what it is called, how large it is, where its bytes lie."""

    name = models.CharField(max_length=255)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    key = models.CharField(max_length=120)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name
