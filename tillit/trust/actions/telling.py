"""Telling customers what was announced, once for each version, and keeping the proof."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import F
from django.urls import reverse
from django.utils import timezone, translation

from tillit.foundation.access import Actor, action, even_in_maintenance, require
from tillit.foundation.clock import now
from tillit.foundation.jobs import later
from tillit.foundation.mail import send_mail
from tillit.foundation.models import Membership, Role, Tenant, User
from tillit.foundation.tenancy import in_tenant
from tillit.tenants.queries import address_of
from tillit.trust.dated import Entry
from tillit.trust.history import before, changes_of, title_of
from tillit.trust.models import NoticeRead, Told
from tillit.trust.queries import KEYS, LISTS
from tillit.trust.quiet import speak
from tillit.trust.words import TOLD

BATCH = 200  # customers in one job
SHOWN_AFTER_THE_END = timedelta(days=14)
OPEN = (Tenant.State.RUNNING, Tenant.State.READ_ONLY)


@action
def tell_customers(actor: Actor, *, section: str, version: int, ended: bool, after: int = 0) -> int:
    """Tell the next customers' administrators of one version, each in their language; returns how many customers were.

    Whoever was told of it is passed over, so that the job may run twice. More than a batch go on in another job.
    """
    require(actor, "trust.edit_register")
    row: Any = LISTS[section].objects.get(pk=version)
    if _is_past(section, row, ended):
        return 0
    customers = Tenant.objects.filter(kind=Tenant.Kind.CUSTOMER, state__in=OPEN, pk__gt=after).order_by("pk")
    batch = list(customers[:BATCH])
    told = sum(_tell(tenant, section, row, ended) for tenant in batch)
    if len(batch) == BATCH:
        later("trust.tell_customers", actor, section=section, version=version, ended=ended, after=batch[-1].pk)
    return told


@action
@even_in_maintenance
def put_notice_away(actor: Actor, *, told: Told) -> None:
    """Do not show this notice to this administrator any more."""
    require(actor, "trust.object")
    NoticeRead.objects.get_or_create(tenant=actor.tenant, told=told, user=actor.user)


def _is_past(section: str, row: Any, ended: bool) -> bool:
    """An announcement that was replaced before it was told; of an entry that went, all but its oldest version."""
    if not ended:
        return row.ended_at is not None
    together = LISTS[section].objects.filter(**{KEYS[section]: str(row)}, ending=row.ending, number__lt=row.number)
    return together.filter(ended_at__gt=F("in_force_at"), ended_at=row.ended_at).exists()


def _tell(tenant: Tenant, section: str, row: Any, ended: bool) -> bool:
    with in_tenant(tenant):
        named = {"section": section, "slug": str(row), "number": row.number, "ended": ended}
        if Told.objects.filter(**named).exists():
            return False
        at = now()
        until = at + SHOWN_AFTER_THE_END if ended else row.in_force_at
        Told.objects.filter(section=section, slug=str(row), until__gt=at).update(until=at)
        administrators = list(
            User.objects.filter(
                is_active=True,
                pk__in=Membership.objects.filter(role=Role.ADMINISTRATOR, ended_at=None).values("user"),
            )
        )
        Told.objects.create(tenant=tenant, **named, at=at, until=until, administrators=len(administrators))
    speak()
    for person in administrators:
        _write(person, tenant, section, row, ended)
    return True


def _write(person: User, tenant: Tenant, section: str, row: Any, ended: bool) -> None:
    page = reverse("trust:processor", args=[row.slug]) if section == "processors" else "/trust/#regions"
    with translation.override(person.language), timezone.override(ZoneInfo(person.time_zone)):
        old: Entry | None = before(section, row)
        context: dict[str, Any] = {
            "name": title_of(section, row),
            "person": person.name,
            "page": address_of(tenant, page),
            "row": row,
            "new": old is None,
            "changes": changes_of(section, old, row, TOLD if section == "processors" else ()),
            "taken_back": ended and _never_held(row),
            "objectionable": section == "processors",
        }
        template = "trust/mail/ended.txt" if ended else "trust/mail/announced.txt"
        send_mail(person.email, template=template, language=person.language, **context)


def _never_held(row: Any) -> bool:
    ended: datetime = row.ended_at
    return ended <= row.in_force_at
