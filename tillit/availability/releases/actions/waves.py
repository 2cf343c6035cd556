"""Who is in which wave: by the draw, or by choice."""

from __future__ import annotations

from django.utils.translation import gettext as _

from tillit.availability.moving import Ahead, Move
from tillit.availability.releases import queries
from tillit.availability.releases.models import Draw, WaveChoice
from tillit.foundation.access import Actor, action, require
from tillit.foundation.clock import now
from tillit.foundation.errors import Refused
from tillit.foundation.events import record
from tillit.foundation.models import Tenant
from tillit.foundation.tenancy import in_tenant
from tillit.tenants.models import Placement


@action
def draw_waves(actor: Actor) -> Draw:
    """Draw a new seed: who chose nothing may come into another wave. Not while a release is on its way."""
    require(actor, "releases.manage")
    if queries.rollout_runs():
        raise Refused(_("While a release runs in waves, nobody changes wave."))
    draw = Draw.objects.create(drawn_at=now(), drawn_by=actor.user)
    record(actor, "releases.waves_drawn", draw, seed=draw.seed)
    return draw


@action
def apply_waves(actor: Actor) -> int:
    """Bring every customer into the wave it chose, or else the draw's; returns how many changed.

    Nothing happens while a release runs in waves, or to who chose nothing where nothing was drawn. Who would meet
    maintenance within a day by it, or leave what is under way, waits until it is over.
    """
    require(actor, "releases.manage")
    draw, shares = queries.newest_draw(), queries.percents()
    if queries.rollout_runs() or not shares:
        return 0
    chosen = {choice.tenant_id: choice.wave for choice in queries.choices()}
    customers = Tenant.objects.filter(kind=Tenant.Kind.CUSTOMER).exclude(state=Tenant.State.DELETED).order_by("pk")
    drawn = {tenant: queries.computed_wave(tenant, draw, shares) for tenant in customers} if draw else {}
    wanted = {tenant: chosen.get(tenant.pk) or drawn.get(tenant, "") for tenant in customers}
    ahead = Ahead.read()
    return sum(_move(tenant, wave, ahead) for tenant, wave in wanted.items() if wave)


@action
def choose_wave(actor: Actor, *, wave: str, reason: str = "") -> WaveChoice | None:
    """Choose one's own wave; without one, the draw decides again. It takes effect when no release is on its way,
    and no maintenance of either wave.
    """
    require(actor, "releases.choose_wave")
    if wave and wave not in queries.percents():
        raise Refused(_("There is no such wave."), field="wave")
    choice = _choose(actor, actor.tenant, wave, reason)
    record(actor, "releases.wave_chosen", None, wave=wave, reason=reason)
    if not queries.rollout_runs() and (wanted := wave or queries.computed_wave(actor.tenant)):
        _move(actor.tenant, wanted, Ahead.read())
    return choice


@action
def keep_operators_choice(actor: Actor, *, tenant: Tenant, wave: str) -> WaveChoice | None:
    """Keep that the operator put a customer into a wave by hand, so that no draw takes it out again."""
    require(actor, "releases.manage")
    choice = _choose(actor, tenant, wave, "", by_operator=True)
    record(actor, "releases.wave_kept", tenant, wave=wave)
    return choice


def _choose(actor: Actor, tenant: Tenant, wave: str, reason: str, *, by_operator: bool = False) -> WaveChoice | None:
    Tenant.objects.select_for_update().get(pk=tenant.pk)  # two at once: the second one counts
    said = {"wave": wave, "reason": reason[:300], "by_operator": by_operator, "chosen_by": actor.user}
    with in_tenant(tenant, actor_id=actor.user_id, action="releases.choose_wave"):
        WaveChoice.objects.filter(ended_at=None).update(ended_at=now())
        return WaveChoice.objects.create(tenant=tenant, chosen_at=now(), **said) if wave else None


def _move(tenant: Tenant, wave: str, ahead: Ahead) -> bool:
    """Whether it came there; if not, it waits for the next hour (`apply_waves`)."""
    if tenant.wave == wave:
        return False
    tenant.refresh_from_db(from_queryset=Tenant.objects.select_for_update())  # it may have been moved since it was read
    if tenant.wave == wave or tenant.state == Tenant.State.DELETED:
        return False
    if Move.of(tenant, wave, tenant.region, ahead).waits_for:
        return False
    Placement.of(tenant, now()).save(force_insert=True)
    before, tenant.wave = tenant.wave, wave
    tenant.save(update_fields=["wave"])
    with in_tenant(tenant):
        record(Actor.system(tenant), "releases.wave_changed", tenant, before=before, after=wave)
    return True
