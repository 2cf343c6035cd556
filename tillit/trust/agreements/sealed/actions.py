"""What happens to sealed documents: they are kept, asked for as a bundle, and made."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from tillit.foundation import files
from tillit.foundation.access import Actor, action, even_in_maintenance, require
from tillit.foundation.clock import now
from tillit.foundation.errors import Refused
from tillit.foundation.events import record
from tillit.foundation.jobs import later
from tillit.trust.agreements.models import AgreementVersion, Bundle, SealedDocument
from tillit.trust.agreements.sealed import store
from tillit.trust.agreements.sealed.bundle import held_by

LARGEST_BUNDLE = 100_000_000  # bytes


@action
def keep_document(actor: Actor, *, version: AgreementVersion, language: str, content: bytes) -> SealedDocument:
    """Keep the sealed PDF of a version in one language; made once, it stays."""
    require(actor, "agreements.edit")
    kept, made = SealedDocument.objects.get_or_create(
        version=version,
        language=language,
        defaults={"sha256": store.put(content), "size": len(content), "made_at": now()},
    )
    if made:
        record(actor, "sealed.document_made", version, language=language, sha256=kept.sha256)
    return kept


@action
@even_in_maintenance
def ask_bundle(actor: Actor, *, language: str) -> Bundle:
    """Ask for everything in force as one sealed file; a job makes it. While one is being made, that one is meant."""
    require(actor, "agreements.accept")
    if not held_by(language):
        raise Refused(_("No agreement is in force yet."))
    under_way = Bundle.objects.filter(made_at=None).first()
    if under_way:
        return under_way
    asked = Bundle.objects.create(tenant=actor.tenant, language=language, asked_at=now(), asked_by=actor.user)
    record(actor, "sealed.bundle_asked", asked, language=language)
    later("sealed.bundle", Actor.system(actor.tenant), bundle_id=asked.pk)
    return asked


@action
def keep_bundle(actor: Actor, *, bundle_id: int, content: bytes, contents: dict[str, Any]) -> Bundle:
    """Keep the sealed file for the customer; `contents` is its manifest."""
    require(actor, "agreements.accept")
    made = Bundle.objects.select_for_update().get(pk=bundle_id)
    if not made.is_under_way:
        return made
    made.made_at = now()
    name = f"{actor.tenant.slug}-{made.made_at:%Y-%m-%d}.pdf"
    made.file = files.keep(actor, name=name, chunks=[content], limit=LARGEST_BUNDLE)
    made.contents = contents
    made.save(update_fields=["made_at", "file", "contents"])
    record(actor, "sealed.bundle_made", made, sha256=made.file.sha256)
    return made


@action
def give_up_bundle(actor: Actor, *, bundle_id: int, problem: str) -> None:
    """Say why the bundle could not be made, so that it can be asked for again."""
    require(actor, "agreements.accept")
    Bundle.objects.filter(pk=bundle_id, made_at=None).update(made_at=now(), problem=problem)
