"""Telling people by mail of windows that interrupt them for longer than seconds."""

from __future__ import annotations

from tillit.availability.mailing import INTERRUPTING, to_be_told, write
from tillit.availability.models import MailChoice, MailedNotice, MaintenanceWindow
from tillit.foundation.access import Actor, action, require
from tillit.foundation.clock import now
from tillit.foundation.events import record
from tillit.foundation.jobs import later
from tillit.foundation.models import Tenant
from tillit.foundation.tenancy import in_tenant

BATCH = 200  # customers in one job
OPEN = (Tenant.State.RUNNING, Tenant.State.READ_ONLY)


@action
def mail_notice(actor: Actor, *, window_id: int, after: int = 0) -> int:
    """Write to the people of the next customers whom this window concerns and who want that; returns how many.

    Nobody is written to twice about the same times, however often this runs. What was moved meanwhile is told as it is
    now; what is over, not at all.
    """
    require(actor, "availability.announce")
    window = MaintenanceWindow.objects.select_related("rule").get(pk=window_id)
    if window.effect not in INTERRUPTING or window.ends_at <= now():
        return 0
    customers = Tenant.objects.filter(kind=Tenant.Kind.CUSTOMER, state__in=OPEN, pk__gt=after).order_by("pk")
    if window.wave:
        customers = customers.filter(wave=window.wave)
    if window.region:
        customers = customers.filter(region=window.region)
    batch = list(customers[:BATCH])
    told = sum(_tell(tenant, window) for tenant in batch)
    if len(batch) == BATCH:
        later("availability.mail_notice", actor, window_id=window_id, after=batch[-1].pk)
    return told


@action
def choose_mail(actor: Actor, *, wanted: bool) -> MailChoice:
    """Say whether this person wants to be told of maintenance by mail, in this tenant."""
    require(actor, "availability.dismiss")
    choice, _created = MailChoice.objects.update_or_create(
        tenant=actor.tenant, user=actor.user, defaults={"wanted": wanted, "changed_at": now()}
    )
    record(actor, "availability.mail_chosen", choice, wanted=wanted)
    return choice


def _tell(tenant: Tenant, window: MaintenanceWindow) -> int:
    with in_tenant(tenant):
        people = list(to_be_told(window))
        sent = {"tenant": tenant, "window": window, "sequence": window.sequence, "at": now()}
        MailedNotice.objects.bulk_create([MailedNotice(user=person, **sent) for person in people])
        for person in people:
            write(person, tenant, window)
    return len(people)
