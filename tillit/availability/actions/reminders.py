"""Reminding the person on duty of what we promised: to write again by a time."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils import timezone, translation

from tillit.availability.models import Incident
from tillit.foundation.access import Actor, action, require
from tillit.foundation.clock import now
from tillit.foundation.events import record
from tillit.foundation.mail import send_mail
from tillit.foundation.models import Membership, User
from tillit.tenants.queries import address_of


@action
def remind_of_promise(actor: Actor, *, incident_id: int) -> bool:
    """Write to whoever looks after an incident when the promised word is due; to all staff when nobody does.

    False where something was said meanwhile, or somebody was reminded already: a promise is reminded of once.
    """
    require(actor, "availability.manage_incidents")
    incident = Incident.objects.select_for_update(of=("self",)).select_related("taken_by").get(pk=incident_id)
    if not incident.is_promise_broken or incident.reminded_at:
        return False
    incident.reminded_at = now()
    incident.save(update_fields=["reminded_at"])
    for person in _on_duty(incident):
        _write(actor, person, incident)
    record(actor, "availability.promise_reminded", incident)
    return True


def _on_duty(incident: Incident) -> list[User]:
    staff = Membership.objects.filter(ended_at=None, user__is_active=True).select_related("user").order_by("pk")
    people = [membership.user for membership in staff]
    looking = [person for person in people if person.pk == incident.taken_by_id]
    return looking or people


def _write(actor: Actor, person: User, incident: Incident) -> None:
    page = address_of(actor.tenant, reverse("availability:incident", args=[incident.pk]))
    with translation.override(person.language), timezone.override(ZoneInfo(person.time_zone)):
        send_mail(
            person.email, template="availability/mail/promise.txt", language=person.language,
            person=person.name, incident=incident, page=page,
        )  # fmt: skip
