"""Every change around agreements: writing and publishing, accepting, and giving to read on request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.signing import dumps
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tillit.foundation.access import Actor, action, even_in_maintenance, require
from tillit.foundation.clock import now
from tillit.foundation.errors import Refused
from tillit.foundation.events import record
from tillit.foundation.formats import local_date
from tillit.foundation.mail import send_mail
from tillit.trust import queries as register
from tillit.trust.agreements import queries
from tillit.trust.agreements.documents import LANGUAGES, LONGEST_FILE, Document, Problem
from tillit.trust.agreements.models import Acceptance, AccessAnswer, AccessRequest, AgreementVersion, Draft
from tillit.trust.agreements.rendering import canonical, sha256
from tillit.trust.agreements.variables import Values, keys_in
from tillit.trust.choices import Audience
from tillit.trust.models import Agreement
from tillit.trust.quiet import speak

GIVEN_DAYS = 30  # how long a document given on request may be read, unless said otherwise
SALT = "agreements.given"


class TextsRefused(Refused):
    """The texts have problems; nothing was published."""

    def __init__(self, problems: list[Problem]) -> None:
        count = len(problems)
        told = ngettext("The texts have %(count)s problem.", "The texts have %(count)s problems.", count)
        super().__init__(told % {"count": count})
        self.problems = problems


@dataclass(frozen=True)
class Authority:
    """On whose authority a customer accepts: a person, and what allows that person to bind the company."""

    name: str
    function: str


# Writing


@action
def draft_agreement(actor: Actor, *, agreement: str, texts: Mapping[str, str]) -> Draft:
    """Keep these files, by language, as the draft of the next version; an empty text takes its language out.

    Languages that are not named stay as they are. A draft may have problems; a published version may not.
    """
    require(actor, "agreements.edit")
    _listed(agreement)
    for language, text in texts.items():
        if language not in LANGUAGES:
            raise Refused(_("Texts are written in German, English or Norwegian."), field="language")
        if len(text) > LONGEST_FILE:
            raise Refused(_("The file is too long: at most 400,000 characters."), field=language)
        if "\0" in text:
            raise Refused(_("The file is no text: it holds the character U+0000."), field=language)
    draft, _made = Draft.objects.select_for_update().get_or_create(agreement=agreement)
    draft.texts = {code: text for code, text in (draft.texts | dict(texts)).items() if text.strip()}
    draft.changed_at, draft.changed_by = now(), actor.user
    draft.save(update_fields=["texts", "changed_at", "changed_by"])
    record(actor, "agreements.drafted", draft, agreement=agreement, languages=sorted(draft.texts))
    return draft


@action
def withdraw_draft(actor: Actor, *, agreement: str) -> None:
    """Throw the draft away; what is published stays as it is."""
    require(actor, "agreements.edit")
    deleted, _rows = Draft.objects.filter(agreement=agreement).delete()
    if deleted:
        record(actor, "agreements.draft_withdrawn", agreement=agreement)


@action
def publish_agreement(
    actor: Actor, *, agreement: str, valid_from: datetime | None = None, asks_acceptance: bool | None = None
) -> AgreementVersion:
    """Make the draft the next version of the agreement, with the register's values of this moment.

    Without `valid_from` and `asks_acceptance` the texts' front matter says them. Refused while there are problems,
    for a past date, for less notice than the register promises for this agreement, and when nothing differs.
    """
    require(actor, "agreements.edit")
    listed = _listed(agreement)
    draft = Draft.objects.select_for_update().filter(agreement=agreement).first()
    if draft is None:
        raise Refused(_("There is no draft to publish."))
    known = queries.variables()
    found = queries.inspection(agreement, draft.texts, with_variables=known)
    if not found.is_green:
        raise TextsRefused(found.problems)
    front = next(iter(found.documents.values())).front
    before = AgreementVersion.objects.filter(agreement=agreement).first()
    version = AgreementVersion(
        agreement=agreement,
        number=before.number + 1 if before else 1,
        label=front.version,
        kind=listed.kind,
        audience=listed.audience,
        title={code: one.front.title for code, one in found.documents.items()},
        texts={code: one.text for code, one in found.documents.items()},
        values=_values_of(found.documents, {key: one.text for key, one in known.items()}),
        binding_language=front.binding_language,
        changes={code: said for code, one in found.documents.items() if (said := one.front.changes.strip())},
        asks_acceptance=front.asks_acceptance if asks_acceptance is None else asks_acceptance,
        published_at=now(),
        published_by=actor.user,
    )
    version.valid_from = _begins(valid_from or _midnight(front.valid_from), version, listed, before)
    _refuse_the_same(version, before)
    version.sha256 = {code: _hash(one, version) for code, one in found.documents.items()}
    version.save(force_insert=True)
    draft.delete()
    record(actor, "agreements.published", version, agreement=agreement, number=version.number)
    speak()
    return version


# Accepting


@action
@even_in_maintenance
def accept_agreement(
    actor: Actor, *, version: AgreementVersion, language: str, sha256: str, authority: Authority
) -> Acceptance:
    """Accept a version for the actor's tenant: `sha256` is that of the text the person had in front of them."""
    require(actor, "agreements.accept")
    standing = queries.standing(version.agreement)
    if standing is None or not standing.readable:
        raise Refused(_("This agreement is not open to you."))
    if version.sha256.get(language) != sha256:
        raise Refused(_("The text has changed since you opened it. Please read it once more."))
    held = standing.shelf.in_force
    if held and version.number < held.number:
        raise Refused(_("A newer version is in force. Please read and accept that one."))
    if Acceptance.objects.filter(version=version).exists():
        raise Refused(_("Your company has already accepted this version."))
    if not any(one.asks_acceptance for one in standing.shelf.versions):
        raise Refused(_("This document informs; it asks for no acceptance."))
    if actor.user is None:
        raise Refused(_("Only a person can accept an agreement."))
    if not authority.name.strip() or not authority.function.strip():
        raise Refused(_("Please say on whose authority you accept."), field="name")
    accepted = Acceptance.objects.create(
        tenant=actor.tenant,
        version=version,
        language=language,
        sha256=sha256,
        by=actor.user,
        name=authority.name.strip(),
        function=authority.function.strip(),
    )
    record(actor, "agreements.accepted", accepted, agreement=version.agreement, number=version.number, sha256=sha256)
    return accepted


# On request


@action
def request_access(actor: Actor, *, agreement: str, name: str, reason: str = "") -> AccessRequest:
    """Ask, for one's company, to read a document that is given on request, and promise to keep it secret."""
    require(actor, "agreements.accept")
    _on_request(agreement)
    if AccessRequest.objects.filter(agreement=agreement, email="", answer=None).exists():
        raise Refused(_("Your company has already asked; the answer is on its way."))
    asked = AccessRequest.objects.create(
        tenant=actor.tenant, agreement=agreement, by=actor.user, name=name.strip(), reason=reason.strip()
    )
    record(actor, "agreements.access_requested", asked, agreement=agreement)
    return asked


@action
def note_request(actor: Actor, *, agreement: str, name: str, email: str, reason: str = "") -> AccessRequest:
    """Keep that somebody without an account asked for a document by mail, and promised to keep it secret."""
    require(actor, "agreements.edit")
    _on_request(agreement)
    asked = AccessRequest.objects.create(
        tenant=actor.tenant, agreement=agreement, by=actor.user, name=name, email=email.lower(), reason=reason
    )
    record(actor, "agreements.access_requested", asked, agreement=agreement)
    return asked


@action
def answer_request(actor: Actor, *, request: AccessRequest, granted: bool, days: int = GIVEN_DAYS) -> AccessAnswer:
    """Give a document to whoever asked, for so many days, or decline. Who asked by mail gets a link by mail."""
    require(actor, "agreements.edit")
    if not 1 <= days <= 366:
        raise Refused(_("Choose between 1 and 366 days."), field="days")
    if queries.answered(request):
        raise Refused(_("This request has been answered."))
    answer = AccessAnswer(tenant=request.tenant, request=request, granted=granted, by=actor.user)
    answer.until = now() + timedelta(days=days) if granted else None
    answer.save(force_insert=True)
    record(actor, "agreements.access_answered", request, agreement=request.agreement, granted=granted)
    if granted and request.email:
        _send_link(request, answer)
    return answer


# Shared by several of the above


def _listed(slug: str) -> Agreement:
    found = queries.entry(slug)
    if found is None:
        raise Refused(_("The register has no agreement “%(slug)s”.") % {"slug": slug}, field="agreement")
    return found


def _on_request(slug: str) -> Agreement:
    found = _listed(slug)
    if found.audience != Audience.ON_REQUEST:
        raise Refused(_("This document need not be asked for."), field="agreement")
    return found


def _values_of(documents: Mapping[str, Document], known: Values) -> dict[str, dict[str, str]]:
    """What the version is published with: the variables it uses, in its languages."""
    used = {key for one in documents.values() for key in keys_in(one.body)}
    return {key: {code: known[key][code] for code in documents} for key in sorted(used)}


def _midnight(day: object) -> datetime:
    held = register.operator()
    return datetime.combine(day, time.min, tzinfo=ZoneInfo(held.time_zone if held else "UTC"))  # type: ignore[arg-type]


def _begins(
    wanted: datetime, version: AgreementVersion, listed: Agreement, before: AgreementVersion | None
) -> datetime:
    """From the wanted moment, for today from now; refused when it is past or gives too little notice."""
    published = version.published_at
    if wanted.date() == published.astimezone(wanted.tzinfo).date():
        wanted = max(wanted, published)
    if wanted < published:
        told = _("A version cannot begin in the past (%(day)s).") % {"day": local_date(wanted.date())}
        raise Refused(told, field="valid_from")
    notice = timedelta(days=listed.notice_days or 0) if before else timedelta()
    if wanted < published + notice:
        earliest = local_date((published + notice + timedelta(days=1)).date())
        told = _("The register promises %(days)s days' notice for this agreement: not before %(day)s.")
        raise Refused(told % {"days": notice.days, "day": earliest}, field="valid_from")
    return wanted


def _refuse_the_same(version: AgreementVersion, before: AgreementVersion | None) -> None:
    said = ("texts", "values", "asks_acceptance")
    if before and all(getattr(before, name) == getattr(version, name) for name in said):
        raise Refused(_("Nothing differs from version %(number)s.") % {"number": before.number})


def _hash(document: Document, version: AgreementVersion) -> str:
    return sha256(canonical(document, version.values, number=version.number, valid_from=version.valid_from))


def _send_link(request: AccessRequest, answer: AccessAnswer) -> None:
    """The key in the link says which answer it is; whether it still holds is looked up when it is used."""
    key = dumps({"answer": answer.pk, "tenant": request.tenant_id}, salt=SALT)
    scheme = "https" if settings.HTTPS else "http"
    address = f"{scheme}://{settings.BASE_HOST}{reverse('agreements:given', args=[key])}"
    send_mail(
        request.email,
        template="agreements/given_mail.txt",
        language=request.tenant.language,
        name=request.name,
        until=answer.until,
        address=address,
    )
