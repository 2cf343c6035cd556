"""What the worker does for sealed documents. It takes seconds; what fails is tried again."""

from __future__ import annotations

from django.utils.translation import gettext_noop
from procrastinate import RetryStrategy

from tillit.foundation.access import Actor
from tillit.foundation.errors import Refused
from tillit.foundation.jobs import by_the_clock, job, later
from tillit.foundation.tenancy import in_tenant
from tillit.trust.agreements.models import AgreementVersion, Bundle
from tillit.trust.agreements.sealed.actions import give_up_bundle, keep_bundle, keep_document
from tillit.trust.agreements.sealed.making import documents, whole_contract
from tillit.trust.agreements.sealed.queries import versions_without_document

# A time-stamping service may be away: after 10, 100, 1,000 seconds, then by the clock
PATIENT = RetryStrategy(max_attempts=4, exponential_wait=10)


@job("sealed.document", retry=PATIENT, lock="sealed.document")
def seal_version(actor: Actor, *, version_id: int) -> None:
    """Make and keep the PDF of every language that has none yet."""
    version = AgreementVersion.objects.get(pk=version_id)
    for language, content in documents(version):
        keep_document(actor, version=version, language=language, content=content)


@by_the_clock("sealed.missing", "17 * * * *")
def seal_missing(operator: Actor) -> None:
    """What could not be made when it was published, because a library or a service was missing."""
    for version_id in versions_without_document():
        later("sealed.document", operator, version_id=version_id, only_one=f"sealed.document:{version_id}")


@job("sealed.bundle", lock="sealed.document")
def make_bundle(actor: Actor, *, bundle_id: int) -> None:
    """Make what a customer asked for; a second run finds it made."""
    with in_tenant(actor.tenant):
        asked = Bundle.objects.get(pk=bundle_id)
    try:
        content, contents = whole_contract(actor.tenant, asked.language)
        keep_bundle(actor, bundle_id=bundle_id, content=content, contents=contents)
    except Refused as refused:
        give_up_bundle(actor, bundle_id=bundle_id, problem=str(refused))
    except Exception:
        give_up_bundle(
            actor, bundle_id=bundle_id, problem=gettext_noop("Something went wrong; the operator can see it.")
        )
        raise
