"""Watching other logs, and taking in what others say of ours."""

from __future__ import annotations

from datetime import UTC, datetime

from django.conf import settings
from django.utils.translation import gettext as _

from tillit.foundation.access import Actor, action, require
from tillit.foundation.clock import now
from tillit.foundation.errors import Refused
from tillit.foundation.events import record
from tillit.trust.proof import keyfiles, notes
from tillit.trust.proof.models.log import Checkpoint
from tillit.trust.proof.models.witness import Cosignature, SplitView, WatchedLog, Witness
from tillit.trust.proof.witnessing import Visit


@action
def cosign_log(actor: Actor, *, url: str, seen: Visit) -> WatchedLog:
    """Keep what a log shows, with our cosignature; from now on it has to continue this.

    Refused when somebody kept a newer checkpoint meanwhile, for a log that is known at another address or with another
    key, and for a visit that found a contradiction.
    """
    require(actor, "proof.witness")
    shown = seen.checkpoint
    held = WatchedLog.objects.select_for_update().filter(origin=shown.origin).first()
    same = held is None or (held.url == url and held.vkey == seen.vkey and held.size <= shown.size)
    if seen.reason or not same:
        raise Refused(_("This log is known with something else. Look at it once more."))
    moment, name, key = now(), f"{settings.BASE_HOST}/trust/witness", keyfiles.witness_key()
    line = notes.cosign(shown.text, name, key, int(moment.timestamp()))
    own = [signature.line for signature in shown.signatures if signature.name == shown.origin]
    log, _created = WatchedLog.objects.update_or_create(
        origin=shown.origin,
        defaults={
            "url": url,
            "vkey": seen.vkey,
            "size": shown.size,
            "root": shown.root,
            "note": f"{shown.text}\n" + "".join(f"{one}\n" for one in [*own, line]),
            "cosigner": str(notes.VerifierKey.of(name, key, notes.COSIGNATURE)),
            "seen_at": moment,
        },
    )
    return log


@action
def keep_split_view(actor: Actor, *, log: WatchedLog, seen: Visit) -> SplitView:
    """Keep both checkpoints as evidence, for everybody to read."""
    require(actor, "proof.witness")
    kept, created = SplitView.objects.get_or_create(
        log=log,
        shown=seen.checkpoint.note,
        defaults={"found_at": now(), "kept": log.note, "reason": seen.reason},
    )
    if created:
        record(actor, "proof.split_view_found", kept, origin=log.origin, reason=seen.reason)
    return kept


@action
def know_witness(actor: Actor, *, vkey: str) -> Witness:
    """Show a witness's cosignatures of our log from now on; `vkey` as the witness publishes it."""
    require(actor, "proof.witness")
    try:
        key = notes.VerifierKey.read(vkey)
    except notes.BadNote as error:
        raise Refused(_("This is no key of a witness: %(error)s.") % {"error": error}) from error
    if key.kind != notes.COSIGNATURE:
        raise Refused(_("This key signs logs. A witness's key is published at /trust/witness/key."))
    known, _created = Witness.objects.get_or_create(vkey=str(key), defaults={"name": key.name, "added_at": now()})
    return known


@action
def take_cosignatures(actor: Actor, *, note: bytes) -> list[Cosignature]:
    """Add what known witnesses say of one of our checkpoints; return what is new.

    Refused for a checkpoint that we never signed, and for a cosignature that does not fit it.
    """
    require(actor, "proof.take_cosignatures")
    try:
        shown = notes.read_checkpoint(note)
        found = {known: shown.cosigned_at(notes.VerifierKey.read(known.vkey)) for known in Witness.objects.all()}
    except notes.BadNote as error:
        raise Refused(_("These cosignatures cannot be taken: %(error)s.") % {"error": error}) from error
    own = Checkpoint.objects.filter(size=shown.size).first()
    if own is None or notes.read_checkpoint(own.note.encode()).text != shown.text:
        raise Refused(_("This log never signed such a checkpoint."))
    if not any(found.values()):
        raise Refused(_("No witness that this log knows has signed."))
    taken = []
    for witness, moment in found.items():
        if moment is not None:
            line = next(one.line for one in shown.signatures if one.is_by(notes.VerifierKey.read(witness.vkey)))
            at = datetime.fromtimestamp(moment, UTC)
            cosignature, created = Cosignature.objects.get_or_create(
                checkpoint=own, witness=witness, defaults={"at": at, "line": line}
            )
            taken += [cosignature] if created else []
    return taken
