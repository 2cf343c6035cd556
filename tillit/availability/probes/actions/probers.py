"""Who may deliver samples."""

from __future__ import annotations

import base64
import binascii

from django.utils.translation import gettext as _

from tillit.availability.probes.models import Prober
from tillit.foundation.access import Actor, action, require
from tillit.foundation.clock import now
from tillit.foundation.errors import Refused
from tillit.foundation.events import record

OURS = "tillit"  # the name of this installation's own jobs among the probers


@action
def add_prober(actor: Actor, *, name: str, place: str, region: str, key: str) -> Prober:
    """Take samples from whoever signs with this key (Ed25519, 32 bytes as base64)."""
    require(actor, "probes.manage")
    try:
        fits = len(base64.b64decode(key, validate=True)) == 32
    except (binascii.Error, ValueError):
        fits = False
    if not fits:
        raise Refused(_("This is no public key: 32 bytes as base64, as the prober prints it."), field="key")
    if Prober.objects.filter(name=name).exists():
        raise Refused(_("A prober of this name is known already; a name is never used again."), field="name")
    if Prober.objects.at_work().filter(key=key).exists():
        raise Refused(_("A prober with this key is known already."), field="key")
    prober = Prober(name=name, place=place, region=region, key=key, added_at=now(), added_by=actor.user)
    prober.full_clean(exclude=["added_by"])
    prober.save(force_insert=True)
    record(actor, "probes.prober_added", prober, prober=name, region=region)
    return prober


@action
def end_prober(actor: Actor, *, prober: Prober) -> Prober:
    """Take nothing from it any more. What it delivered stays."""
    require(actor, "probes.manage")
    prober = Prober.objects.select_for_update().get(pk=prober.pk)
    if prober.ended_at:
        return prober
    if not prober.key:
        raise Refused(_("This is the installation itself; it always measures."))
    prober.ended_at = now()
    prober.save(update_fields=["ended_at"])
    record(actor, "probes.prober_ended", prober, prober=prober.name)
    return prober
