"""What the operator does with tenants from outside. Nothing here opens a tenant's data to the operator."""

from __future__ import annotations

from dataclasses import dataclass

from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from tillit.foundation.access import Actor, action, require
from tillit.foundation.clock import now
from tillit.foundation.errors import Refused
from tillit.foundation.events import record
from tillit.foundation.models import Role, Tenant
from tillit.foundation.regions import known_regions
from tillit.foundation.tenancy import in_tenant
from tillit.foundation.texts import one_line
from tillit.tenants.actions.people import invite_person
from tillit.tenants.models import RESERVED_SLUGS, Invitation, Placement
from tillit.tenants.queries import has_people

CHANGEABLE = ("name", "region", "wave", "state")
PLACE = ("region", "wave", "state")  # what decides which notices it is shown


@dataclass(frozen=True)
class TenantFields:
    """What a tenant is made of; `slug` becomes its host and never changes."""

    slug: str
    name: str
    region: str
    wave: str
    language: str
    time_zone: str


@action
def create_tenant(actor: Actor, *, fields: TenantFields) -> Tenant:
    """Add a customer, on a host of its own, with nobody in it yet. Raises ValidationError for an unfit address."""
    require(actor, "tenants.operate")
    _in_the_operators_own(actor)
    if fields.slug in RESERVED_SLUGS:
        raise Refused(_("This address is reserved."), field="slug")
    _known_region(fields.region)
    tenant = Tenant(
        slug=fields.slug,
        name=one_line(fields.name),
        region=fields.region,
        wave=fields.wave or Tenant.Wave.B,  # «»: until it is drawn (`availability.releases`)
        language=fields.language,
        time_zone=fields.time_zone,
    )
    tenant.full_clean()
    tenant.save(force_insert=True)
    record(actor, "tenants.tenant_created", tenant, slug=tenant.slug, region=tenant.region, wave=fields.wave)
    return tenant


@action
def invite_first_administrator(actor: Actor, *, tenant: Tenant, email: str, name: str) -> Invitation:
    """Hand a new tenant over. Refused once anybody has ever worked there: from then on its own people invite.

    Inviting again replaces the open invitation, for a mail that went astray or to a wrong address.
    """
    require(actor, "tenants.operate")
    _in_the_operators_own(actor)
    Tenant.objects.select_for_update().get(pk=tenant.pk)  # two operators at once: the second replaces the first
    if tenant.is_operator or has_people(tenant):
        raise Refused(_("%(tenant)s has people of its own. Its administrators invite.") % {"tenant": tenant})
    this_one = frozenset({"tenants.manage_people"})  # in this tenant, while it is empty, for this one call
    there = Actor(tenant, actor.user, "", this_one)
    with in_tenant(tenant):
        Invitation.objects.pending().update(withdrawn_at=now())
    return invite_person(there, email=email, name=name, role=Role.ADMINISTRATOR, language=tenant.language)


@action
def change_tenant(actor: Actor, *, tenant: Tenant, changes: dict[str, str]) -> Tenant:
    """Change name, region, release wave or state. Operator and tenant both see in their events what was changed.

    Refused while the customer would meet, or leave, announced maintenance by it (`availability.moving`).
    """
    require(actor, "tenants.operate")
    _in_the_operators_own(actor)
    tenant = Tenant.objects.select_for_update().get(pk=tenant.pk)
    if tenant.is_operator and changes.get("state", Tenant.State.RUNNING) != Tenant.State.RUNNING:
        raise Refused(_("The operator's own tenant always runs."), field="state")
    if changes.get("state") == Tenant.State.DELETED:
        raise Refused(_("A tenant is deleted by its archive, not here."), field="state")
    if changes.get("region", tenant.region) != tenant.region:
        _known_region(changes["region"])
    changed = {
        field: {"before": getattr(tenant, field), "after": changes[field]}
        for field in CHANGEABLE
        if field in changes and changes[field] != getattr(tenant, field)
    }
    before = Placement.of(tenant, now())
    for field, values in changed.items():
        setattr(tenant, field, values["after"])
    tenant.full_clean()
    if not changed.keys().isdisjoint(PLACE):
        _leave(before, tenant)
    if changed:
        tenant.save(update_fields=list(changed))
        record(actor, "tenants.tenant_changed", tenant, changes=changed)
        if tenant != actor.tenant:
            with in_tenant(tenant):
                record(Actor(tenant, actor.user, "", frozenset()), "tenants.tenant_changed", tenant, changes=changed)
    return tenant


def _leave(before: Placement, tenant: Tenant) -> None:
    """Keep where it was, if no room above refuses that it goes: `placing = "…"` in its `AppConfig`."""
    for path in [getattr(room, "placing", "") for room in apps.get_app_configs()]:
        if path:
            import_string(path)(before, tenant)
    before.save(force_insert=True)


def _known_region(region: str) -> None:
    """The register says where data may live; nobody lives elsewhere."""
    known = known_regions()
    if known and region not in known:
        raise Refused(_("The register has no region “%(region)s”.") % {"region": region}, field="region")


def _in_the_operators_own(actor: Actor) -> None:
    """The grant alone is not enough: a role of the same name in a customer's tenant opens nothing."""
    if not actor.tenant.is_operator:
        raise PermissionDenied("tenants.operate")
