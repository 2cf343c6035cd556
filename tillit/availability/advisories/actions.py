"""Advisories and emergencies."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from tillit.availability.actions.windows import Details, announce_maintenance
from tillit.availability.advisories.evening import next_evening
from tillit.availability.advisories.models import Advisory, Emergency, Revision
from tillit.availability.advisories.queries import unpublished_after_window
from tillit.availability.models import Effect, MaintenanceRule, MaintenanceWindow
from tillit.availability.once import UNSENT, Sent, made_before, one_at_a_time
from tillit.availability.refusals import refuse_reach
from tillit.foundation.access import Actor, action, require
from tillit.foundation.clock import now
from tillit.foundation.errors import Refused
from tillit.foundation.events import record
from tillit.foundation.mail import send_mail
from tillit.foundation.models import Membership
from tillit.foundation.texts import pick
from tillit.tenants.queries import address_of

ONE_WRITER = 0x7469_6C6C_6974_6164  # the advisory lock of this room, any number that no other uses
Texts = dict[str, str]  # by language


@dataclass(frozen=True)
class Wording:
    """What an advisory says. `affected` are releases, `cves` their identifiers (`CVE-2026-12345`)."""

    title: Texts
    summary: Texts
    severity: str
    cves: list[str] = field(default_factory=list)
    affected: list[str] = field(default_factory=list)
    fixed_in: str = ""
    commit: str = ""


@dataclass(frozen=True)
class Asked:
    """When an emergency is to happen and whom it concerns. No start: the next evening; no end: an hour later."""

    starts_at: datetime | None = None
    ends_at: datetime | None = None
    effect: str = Effect.SECONDS
    wave: str = ""
    region: str = ""


@action
def write_advisory(actor: Actor, *, wording: Wording, sent: Sent = UNSENT) -> Advisory:
    """Begin an advisory: a draft that nobody outside reads. It takes the year's next number.

    `sent`: the form, so that sending it twice writes one.
    """
    require(actor, "advisories.write")
    one_at_a_time(ONE_WRITER)
    if before := made_before(Advisory, sent):
        return before
    at = now()
    start = f"tillit-{at.year}-"
    taken = Advisory.objects.filter(slug__startswith=start).values_list("slug", flat=True)
    number = 1 + max((int(slug.removeprefix(start)) for slug in taken), default=0)
    said = vars(wording) | {"written_at": at, "written_by": actor.user} | vars(sent)
    advisory = Advisory(slug=f"{start}{number:04}", **said)
    _refuse_contradictions(advisory)
    advisory.save(force_insert=True)
    record(actor, "advisories.advisory_written", advisory)
    return advisory


@action
def revise_advisory(actor: Actor, *, advisory: Advisory, wording: Wording, because: str = "") -> Advisory:
    """Say it otherwise. A published advisory keeps every earlier wording, and says why there is another."""
    require(actor, "advisories.write")
    advisory = Advisory.objects.select_for_update().get(pk=advisory.pk)
    for name, value in vars(wording).items():
        setattr(advisory, name, value)
    _refuse_contradictions(advisory)
    if advisory.published_at and not because.strip():
        raise Refused(_("Please say what is different: it is public."), field="because")
    advisory.save()
    if advisory.published_at:
        _keep_revision(actor, advisory, because.strip())
        record(actor, "advisories.advisory_revised", advisory)
    else:
        record(actor, "advisories.advisory_written", advisory)
    return advisory


@action
def publish_advisory(actor: Actor, *, advisory: Advisory) -> Advisory:
    """Make an advisory public, once; what is changed afterwards is another revision."""
    require(actor, "advisories.write")
    advisory = Advisory.objects.select_for_update().get(pk=advisory.pk)
    if advisory.published_at:
        raise Refused(_("This advisory is public already."))
    if not advisory.affected:
        raise Refused(_("Please say which releases are affected."), field="affected")
    advisory.published_at, advisory.published_by = now(), actor.user
    advisory.save(update_fields=["published_at", "published_by"])
    _keep_revision(actor, advisory, "First publication.")
    record(actor, "advisories.advisory_published", advisory)
    return advisory


@action
def ask_emergency(
    actor: Actor, *, advisory: Advisory, reasons: dict[str, str], asked: Asked = Asked(), sent: Sent = UNSENT
) -> Emergency:
    """Ask for an emergency window. Customers hear of it when somebody else confirms it (`confirm_emergency`).

    `sent`: the form, so that sending it twice asks once.
    """
    require(actor, "advisories.ask")
    if actor.user is None:
        raise Refused(_("Only a person can ask for an emergency."))
    if not any(text.strip() for text in reasons.values()):
        raise Refused(_("An emergency needs its reason."), field="reasons")
    one_at_a_time(ONE_WRITER)
    if before := made_before(Emergency, sent):
        _refuse_unless_open(before)
        return before
    at = now()
    starts_at = asked.starts_at or next_evening(at, actor.tenant)
    ends_at = asked.ends_at or starts_at + Emergency.NORMALLY
    if ends_at <= max(at, starts_at):
        raise Refused(_("The end must come after the start, and after now."), field="ends_at")
    refuse_reach(MaintenanceWindow(starts_at=starts_at, ends_at=ends_at))
    emergency = Emergency(
        advisory=advisory, reasons=reasons, reason=pick(reasons, "en")[0], starts_at=starts_at, ends_at=ends_at,
        effect=asked.effect, wave=asked.wave, region=asked.region, asked_at=at, asked_by=actor.user, **vars(sent),
    )  # fmt: skip
    emergency.save(force_insert=True)
    record(actor, "advisories.emergency_asked", emergency)
    return emergency


@action
def confirm_emergency(actor: Actor, *, emergency: Emergency) -> MaintenanceWindow:
    """Confirm what a colleague asked for: the window is public at once. Nobody confirms what they asked for."""
    require(actor, "advisories.confirm")
    emergency = Emergency.objects.select_for_update(of=("self",)).select_related("advisory").get(pk=emergency.pk)
    _refuse_unless_open(emergency)
    if actor.user is None or actor.user == emergency.asked_by:
        raise Refused(_("Somebody else must confirm it: an emergency needs two people."))
    rule = MaintenanceRule.objects.in_force().filter(kind=MaintenanceRule.Kind.EMERGENCY).first()
    window = announce_maintenance(
        actor,
        kind=MaintenanceWindow.Kind.EMERGENCY,
        starts_at=emergency.starts_at,
        ends_at=emergency.ends_at,
        title=rule.name if rule else {"en": "Emergency patch", "de": "Notfall-Patch", "nb": "Nødoppdatering"},
        details=Details(
            wave=emergency.wave, region=emergency.region, reasons=emergency.why, effect=emergency.effect, rule=rule,
            announced_by=emergency.asked_by, advisory=emergency.advisory.slug,
        ),
    )  # fmt: skip
    emergency.confirmed_at, emergency.confirmed_by, emergency.window = now(), actor.user, window
    emergency.save(update_fields=["confirmed_at", "confirmed_by", "window"])
    record(actor, "advisories.emergency_confirmed", emergency)
    return window


@action
def withdraw_emergency(actor: Actor, *, emergency: Emergency) -> Emergency:
    """Take back a wish for an emergency that nobody has confirmed."""
    require(actor, "advisories.ask")
    emergency = Emergency.objects.select_for_update().get(pk=emergency.pk)
    _refuse_unless_open(emergency)
    emergency.withdrawn_at, emergency.withdrawn_by = now(), actor.user
    emergency.save(update_fields=["withdrawn_at", "withdrawn_by"])
    record(actor, "advisories.emergency_withdrawn", emergency)
    return emergency


@action
def remind_of_publication(actor: Actor) -> int:
    """Write to the staff, once each, that an emergency is over and its advisory is still a draft."""
    require(actor, "advisories.remind")
    due = [emergency for emergency in unpublished_after_window() if emergency.reminded_at is None]
    staff = Membership.objects.filter(ended_at=None, user__is_active=True).select_related("user").order_by("pk")
    for emergency in due:
        for person in [membership.user for membership in staff]:
            page = address_of(actor.tenant, reverse("advisories:advisory", args=[emergency.advisory.slug]))
            with translation.override(person.language), timezone.override(ZoneInfo(person.time_zone)):
                send_mail(
                    person.email, template="advisories/mail/publish.txt", language=person.language,
                    person=person.name, advisory=emergency.advisory, page=page,
                )  # fmt: skip
        emergency.reminded_at = now()
        emergency.save(update_fields=["reminded_at"])
        record(actor, "advisories.publication_reminded", emergency)
    return len(due)


def _refuse_unless_open(emergency: Emergency) -> None:
    if emergency.confirmed_at:
        raise Refused(_("This emergency is confirmed and public already."))
    if emergency.withdrawn_at:
        raise Refused(_("This emergency was withdrawn."))


def _refuse_contradictions(advisory: Advisory) -> None:
    try:
        advisory.full_clean(exclude=["cves", "affected", "written_by", "published_at", "published_by"])
    except ValidationError as error:
        raise Refused(" ".join(error.messages)) from error


def _keep_revision(actor: Actor, advisory: Advisory, because: str) -> None:
    number = advisory.revisions.count() + 1
    content: dict[str, Any] = {name: getattr(advisory, name) for name in Wording.__dataclass_fields__}
    Revision.objects.create(
        advisory=advisory, number=number, at=now(), by=actor.user, because=because, content=content
    )  # fmt: skip
