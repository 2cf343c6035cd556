"""A customer put into a wave by hand stays there; one without a wave of its own is drawn."""

from __future__ import annotations

from tillit.availability.releases.actions.waves import apply_waves, keep_operators_choice
from tillit.foundation.access import Actor
from tillit.foundation.events import reaction
from tillit.foundation.models import Event, Tenant


@reaction("tenants.tenant_changed")
def changed(actor: Actor, event: Event) -> None:
    wave = event.data["changes"].get("wave", {}).get("after", "")
    if wave and actor.tenant.is_operator:
        keep_operators_choice(_system(actor), tenant=Tenant.objects.get(pk=event.subject_id or 0), wave=wave)


@reaction("tenants.tenant_created")
def created(actor: Actor, event: Event) -> None:
    tenant, wave = Tenant.objects.get(pk=event.subject_id or 0), event.data["wave"]
    if wave:
        keep_operators_choice(_system(actor), tenant=tenant, wave=wave)
    else:
        apply_waves(_system(actor))


def _system(actor: Actor) -> Actor:
    return Actor.system(actor.tenant)
