"""What a mail about a window says: the window's own words, and the window as a calendar's file."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.core.mail import EmailMessage
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from tillit.availability import calendars, changes, words
from tillit.availability.models import Effect, MailChoice, MailedNotice, MaintenanceWindow
from tillit.foundation.access import Actor
from tillit.foundation.models import Membership, Role, Tenant, User
from tillit.tenants.queries import address_of

INTERRUPTING = (Effect.READ_ONLY, Effect.OFFLINE)  # for longer than seconds


def wants_mail(actor: Actor) -> bool:
    """What this person chose in this tenant, else what the role says."""
    choice = MailChoice.objects.filter(user=actor.user).first()
    return choice.wanted if choice else actor.role == Role.ADMINISTRATOR


def to_be_told(window: MaintenanceWindow) -> QuerySet[User]:
    """People of the tenant that is active who want to be told and were not yet, of this window as it is now."""
    chosen = MailChoice.objects.filter(user=OuterRef("user"))
    told = MailedNotice.objects.filter(user=OuterRef("user"), window=window, sequence=window.sequence)
    wanting = Q(Exists(chosen.filter(wanted=True))) | (Q(role=Role.ADMINISTRATOR) & ~Q(Exists(chosen)))
    members = Membership.objects.filter(wanting, ~Exists(told), ended_at=None)
    return User.objects.filter(is_active=True, pk__in=members.values("user")).order_by("pk")


def write(person: User, tenant: Tenant, window: MaintenanceWindow) -> None:
    """Queue the mail, in the person's language and time."""
    since = [step for step in changes.of(window) if step.version.sequence >= window.sequence - 1]  # since the last mail
    before = since[0].before if since else window
    with translation.override(person.language), timezone.override(ZoneInfo(person.time_zone)):
        context = {
            "person": person.name,
            "window": window,
            "span": words.span(window),
            "details": calendars.as_announced(window),
            "earlier": words.span(before) if changes.times(before) != changes.times(window) else "",
            "changes": changes.between(before, window),
            "because": [step.version.because for step in since],
            "revised": any(step.version.said for step in since[-1:]),
            "page": address_of(tenant, "/status/"),
            "choice": address_of(tenant, reverse("availability:mail_choice")),
        }
        text = render_to_string("availability/mail/notice.txt", context)
        subject, _empty, body = text.lstrip().partition("\n")
        about = calendars.About(_("Maintenance"), "", address_of(tenant, "/status/"))
        message = EmailMessage(subject.strip(), body.strip() + "\n", to=[person.email])
        message.attach("maintenance.ics", calendars.write(about, [window]).decode(), "text/calendar")
        message.send()
