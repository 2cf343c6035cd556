"""Who wants to hear what of the service, by which way, and what was sent.

Personal data: a mail address. Nobody is shown it, no log holds it, and it is gone when somebody leaves.
"""

from __future__ import annotations

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import CheckConstraint, Exists, OuterRef, Q, UniqueConstraint
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from tillit.availability.telling import Wanted
from tillit.foundation.clock import now
from tillit.foundation.formats import LANGUAGES
from tillit.foundation.models import NamedWay, Tenant


class SubscriberQuerySet(models.QuerySet["Subscriber"]):
    def confirmed(self) -> Self:
        return self.exclude(confirmed_at=None)

    def unconfirmed(self) -> Self:
        return self.filter(confirmed_at=None)

    def reachable(self) -> Self:
        """Confirmed; of webhooks those whose server said yes and has not been given up; mails that do not rest."""
        works = Q(endpoint__disabled_at=None) & ~Q(endpoint__verified_at=None)
        resting = Pause.objects.filter(subscriber=OuterRef("pk"), ended_at=None)
        return self.confirmed().filter(Q(way=Subscriber.Way.MAIL) | works).exclude(Exists(resting))


class Subscriber(models.Model):
    """Somebody who wants to hear. `tenant`: on whose host, so only what concerns that customer is told; None: all.

    `components`: slugs of the parts; none: all of them, also those to come.
    """

    class Way(models.TextChoices):
        MAIL = "mail", _("Mail")
        WEBHOOK = "webhook", _("Webhook")

    way = models.CharField(max_length=10, choices=Way)
    tenant = models.ForeignKey(Tenant, null=True, editable=False, on_delete=models.CASCADE, related_name="+")
    email = models.EmailField(max_length=254)  # of a webhook: who looks after it
    language = models.CharField(max_length=5, choices=LANGUAGES)
    incidents = models.BooleanField(_("Incidents"), default=True)
    maintenance = models.BooleanField(_("Maintenance"), default=True)
    reminders = models.BooleanField(_("A reminder the day before maintenance"), default=False)
    components = models.JSONField(default=list)
    asked_at = models.DateTimeField(default=now)
    confirmed_at = models.DateTimeField(null=True)

    objects = SubscriberQuerySet.as_manager()

    class Meta:
        verbose_name = _("subscriber")
        constraints = [
            CheckConstraint(condition=Q(email=Lower("email")), name="status_subscriber_email_is_lower_case"),
            CheckConstraint(
                condition=Q(incidents=True) | Q(maintenance=True), name="status_subscriber_wants_something"
            ),
            UniqueConstraint("email", "tenant", condition=Q(way="mail"), name="one_mail_subscription_each"),
            UniqueConstraint(
                "email", condition=Q(way="mail", tenant=None), name="one_mail_subscription_without_a_customer"
            ),
        ]

    def __str__(self) -> str:
        return f"subscriber {self.pk}"  # never the address: this is what logs and errors show

    def wants(self, kind: str, parts: tuple[str, ...]) -> bool:
        """`kind`: `incidents`, `maintenance`, `reminders`, or `components`, which belongs to incidents."""
        chosen = {"components": self.incidents, "reminders": self.maintenance and self.reminders}
        wanted = Wanted(components=frozenset(self.components))
        return bool(chosen.get(kind, getattr(self, kind, False))) and wanted.takes_parts(parts)


class Pause(models.Model):
    """That mails to a subscriber rest, because those before came back. The subscriber ends it; nothing is forgotten."""

    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, related_name="pauses")
    at = models.DateTimeField(default=now)
    because = models.CharField(max_length=320, blank=True)  # the other mail server's words, without the address
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            UniqueConstraint("subscriber", condition=Q(ended_at=None), name="one_pause_of_a_status_subscriber")
        ]

    def __str__(self) -> str:
        return f"pause of subscriber {self.subscriber_id}"


class Endpoint(models.Model):
    """A webhook's receiver. Secrets are sealed (`sealing`); the one before still signs for a day after a change."""

    subscriber = models.OneToOneField(Subscriber, on_delete=models.CASCADE, related_name="endpoint")
    url = models.CharField(max_length=1000)
    named_way = models.OneToOneField(NamedWay, null=True, on_delete=models.SET_NULL, related_name="+")
    secret = models.TextField(blank=True)
    secret_before = models.TextField(blank=True)
    before_until = models.DateTimeField(null=True)
    verified_at = models.DateTimeField(null=True)
    failing_since = models.DateTimeField(null=True)
    disabled_at = models.DateTimeField(null=True)
    disabled_because = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return f"endpoint {self.pk}"

    def secrets(self, at: datetime) -> list[str]:
        """Sealed ones that sign now, the newest first."""
        before = self.secret_before if self.before_until and self.before_until > at else ""
        return [known for known in (self.secret, before) if known]


class Told(models.Model):
    """That something was said to subscribers, so that nothing is begun twice."""

    thing = models.CharField(max_length=120, unique=True)
    at = models.DateTimeField(default=now)

    def __str__(self) -> str:
        return self.thing


class Delivery(models.Model):
    """One thing said to one subscriber. A mail then lies in the mail queue; a webhook is tried until it is taken."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Given up")

    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, related_name="deliveries")
    thing = models.CharField(max_length=120)
    message = models.CharField(max_length=40, blank=True)  # `webhook-id`: the same for every attempt
    body = models.TextField(blank=True)  # what is signed and sent, byte for byte
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    created_at = models.DateTimeField(default=now)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    status = models.PositiveSmallIntegerField(null=True)  # HTTP, of the last attempt
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [UniqueConstraint(fields=["subscriber", "thing"], name="status_told_once")]
        indexes = [
            models.Index(fields=["created_at"], name="delivery_by_age"),
            models.Index(fields=["next_at"], condition=Q(state="waiting"), name="delivery_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.thing} to subscriber {self.subscriber_id}"
