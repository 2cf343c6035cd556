"""Reading agreements: what is in force, what waits for a customer, what the operator has to look after."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _
from django_scopes import scopes_disabled

from tillit.foundation.clock import now
from tillit.foundation.models import Tenant
from tillit.foundation.tenancy import in_tenant
from tillit.foundation.texts import pick
from tillit.trust import queries as register
from tillit.trust.agreements.inspection import Inspection, inspect, out_of_step
from tillit.trust.agreements.literals import Variables
from tillit.trust.agreements.models import Acceptance, AccessAnswer, AccessRequest, AgreementVersion, Draft
from tillit.trust.choices import Audience
from tillit.trust.models import Agreement

# Every page of an administrator asks this: one statement, what `Standing.asked` says of each agreement.
WAITING = """
    SELECT v.id, v.agreement, v.number, v.title, v.sha256, v.binding_language
    FROM trust_agreement a
    JOIN LATERAL (
        SELECT * FROM agreements_agreementversion
        WHERE agreement = a.slug AND asks_acceptance ORDER BY number DESC LIMIT 1
    ) v ON true
    WHERE a.in_force_at <= %(at)s AND (a.ended_at IS NULL OR a.ended_at > %(at)s)
      AND NOT EXISTS (
        SELECT FROM agreements_acceptance c JOIN agreements_agreementversion held ON held.id = c.version_id
        WHERE c.tenant_id = %(tenant)s AND held.agreement = v.agreement AND held.number >= v.number)
      AND (a.audience <> 'on-request' OR EXISTS (
        SELECT FROM agreements_accessrequest r JOIN agreements_accessanswer w ON w.request_id = r.id
        WHERE r.tenant_id = %(tenant)s AND r.agreement = a.slug AND r.email = '' AND w.granted AND w.until > %(at)s))
    ORDER BY a.position, a.number"""


def variables() -> Variables:
    """The register's values that texts may name."""
    return register.variables()


def entries() -> list[Agreement]:
    """The agreements of the register, in its order."""
    return list(Agreement.objects.in_force())


def entry(slug: str) -> Agreement | None:
    return Agreement.objects.in_force().filter(slug=slug).first()


def inspection(slug: str, texts: dict[str, str], *, with_variables: Variables | None = None) -> Inspection:
    """What is wrong with these texts, by today's register."""
    known = variables() if with_variables is None else with_variables
    return inspect(slug, texts, known, agreements={one.slug for one in entries()})


def in_force(at: datetime | None = None) -> dict[str, AgreementVersion]:
    """The version in force of each agreement that the register has, by slug in the register's order."""
    found = {one.agreement: one for one in AgreementVersion.objects.in_force(at)}
    return {one.slug: found[one.slug] for one in entries() if one.slug in found}


def version_in_force(slug: str, at: datetime | None = None) -> AgreementVersion | None:
    return AgreementVersion.objects.filter(agreement=slug).in_force(at).first()


def newest_version(slug: str) -> AgreementVersion | None:
    """In force or to come."""
    return AgreementVersion.objects.filter(agreement=slug).first()


@dataclass(frozen=True)
class Shelf:
    """One agreement with all its versions, newest first."""

    entry: Agreement
    versions: list[AgreementVersion] = field(default_factory=list)
    at: datetime = field(default_factory=now)

    @property
    def in_force(self) -> AgreementVersion | None:
        return next((one for one in self.versions if one.begun(self.at)), None)

    @property
    def coming(self) -> AgreementVersion | None:
        """Published, and not in force yet."""
        newest = self.versions[0] if self.versions else None
        return newest if newest and not newest.begun(self.at) else None

    @property
    def is_public(self) -> bool:
        return self.entry.audience == Audience.PUBLIC

    def numbered(self, number: int) -> AgreementVersion | None:
        return next((one for one in self.versions if one.number == number), None)


def shelves() -> list[Shelf]:
    """All agreements of the register with their versions, without texts: two queries."""
    versions: dict[str, list[AgreementVersion]] = {}
    for version in AgreementVersion.objects.without_texts():
        versions.setdefault(version.agreement, []).append(version)
    at = now()
    return [Shelf(one, versions.get(one.slug, []), at) for one in entries()]


def shelf(slug: str) -> Shelf | None:
    """One agreement with its versions, without texts; None when the register has none of this name."""
    found = entry(slug)
    return Shelf(found, list(AgreementVersion.objects.without_texts().filter(agreement=slug))) if found else None


def with_text(version: AgreementVersion) -> AgreementVersion:
    return AgreementVersion.objects.get(pk=version.pk)


# A customer's side


@dataclass(frozen=True)
class Standing:
    """How an agreement stands for one customer."""

    shelf: Shelf
    readable: bool
    accepted: Acceptance | None = None  # the newest one
    asked: AgreementVersion | None = None  # waits for acceptance

    @property
    def to_accept(self) -> AgreementVersion | None:
        """What to accept if something is asked: what asks, or the version in force that has replaced it."""
        held = self.shelf.in_force
        return held if self.asked and held and held.number > self.asked.number else self.asked


def standings() -> list[Standing]:
    """Every agreement of the register as it stands for the tenant that is active: four queries, whatever the number."""
    accepted = newest_acceptances()
    granted = granted_slugs()
    return [_standing(one, accepted.get(one.entry.slug), one.entry.slug in granted) for one in shelves()]


def standing(slug: str) -> Standing | None:
    """One agreement as it stands for the tenant that is active."""
    found = shelf(slug)
    if found is None:
        return None
    return _standing(found, newest_acceptances([slug]).get(slug), slug in granted_slugs())


def _standing(found: Shelf, accepted: Acceptance | None, granted: bool) -> Standing:
    readable = found.entry.audience != Audience.ON_REQUEST or granted
    held = accepted.version.number if accepted else 0
    asked = asked_to_accept(found.versions) if readable else None
    return Standing(found, readable, accepted, asked if asked and asked.number > held else None)


def asked_to_accept(newest_first: Iterable[AgreementVersion]) -> AgreementVersion | None:
    """The newest version that asks for acceptance: one that does not is carried by what was accepted before it."""
    return next((one for one in newest_first if one.asks_acceptance), None)


def acceptances() -> list[Acceptance]:
    """What the active tenant has accepted, the last one first."""
    return list(Acceptance.objects.select_related("version", "by").defer("version__texts", "version__values"))


def newest_acceptances(slugs: Iterable[str] | None = None) -> dict[str, Acceptance]:
    """The active tenant's newest acceptance of each agreement, by slug."""
    found = Acceptance.objects.select_related("version", "by").defer("version__texts", "version__values")
    if slugs is not None:
        found = found.filter(version__agreement__in=list(slugs))
    return {one.version.agreement: one for one in found.order_by("version__number")}


def granted_slugs() -> set[str]:
    """Documents given to the active tenant on request."""
    return set(AccessRequest.objects.granting().filter(email="").values_list("agreement", flat=True))


def given(told: dict[str, int]) -> AccessRequest | None:
    """The request behind a mailed link's key, as long as its answer holds."""
    tenant = Tenant.objects.filter(pk=told["tenant"]).first()
    if tenant is None:
        return None
    with in_tenant(tenant):
        return AccessRequest.objects.granting().select_related("answer").filter(answer__pk=told["answer"]).first()


def waiting(tenant: Tenant) -> list[AgreementVersion]:
    """Versions that wait for this tenant's acceptance, in the register's order; without texts."""
    with in_tenant(tenant):
        return list(AgreementVersion.objects.raw(WAITING, {"tenant": tenant.pk, "at": now()}))


# The operator's side


@dataclass(frozen=True)
class Desk:
    """One agreement as the operator sees it."""

    shelf: Shelf
    draft: Draft | None
    inspection: Inspection | None  # of the draft
    stale: list[str]  # variables whose value is no longer the one in force


def desks() -> list[Desk]:
    known = variables()
    drafts = {one.agreement: one for one in Draft.objects.all()}
    held = {one.agreement: one.values for one in AgreementVersion.objects.in_force().only("agreement", "values")}
    all_shelves = shelves()
    slugs = {one.entry.slug for one in all_shelves}
    found = []
    for one in all_shelves:
        draft = drafts.get(one.entry.slug)
        looked = inspect(one.entry.slug, draft.texts, known, agreements=slugs) if draft else None
        found.append(Desk(one, draft, looked, out_of_step(held.get(one.entry.slug, {}), known)))
    return found


def stale() -> dict[str, list[str]]:
    """Agreements whose version in force says values the register no longer has: slug to names of variables."""
    known = variables()
    found = {slug: out_of_step(version.values, known) for slug, version in in_force().items()}
    return {slug: keys for slug, keys in found.items() if keys}


def all_acceptances(slug: str | None = None) -> list[Acceptance]:
    """Every customer's acceptances. Only the operator's tenant is let through by the database."""
    with scopes_disabled():  # both sides of the contract see them: row-level security lets the operator in
        found = Acceptance.objects.select_related("tenant", "version", "by").defer("version__texts", "version__values")
        return list(found.filter(version__agreement=slug) if slug else found)


def all_requests() -> list[AccessRequest]:
    """Every request to read what is given on request, with its answer. For the operator's tenant only, likewise."""
    with scopes_disabled():  # both sides of the contract see them: row-level security lets the operator in
        return list(AccessRequest.objects.select_related("tenant", "by", "answer"))


def answered(request: AccessRequest) -> bool:
    with in_tenant(request.tenant):
        return AccessAnswer.objects.filter(request=request).exists()


def open_acceptances(found: Iterable[Acceptance]) -> list[tuple[AgreementVersion, list[Tenant]]]:
    """Versions that ask to be accepted, each with the customers who have not: `found` are all acceptances."""
    held: dict[tuple[int, str], int] = {}
    for one in found:
        key = (one.tenant_id, one.version.agreement)
        held[key] = max(held.get(key, 0), one.version.number)
    customers = Tenant.objects.exclude(state=Tenant.State.DELETED).filter(kind=Tenant.Kind.CUSTOMER).order_by("name")
    listed = {one.slug for one in entries()}
    asks = AgreementVersion.objects.without_texts().filter(asks_acceptance=True).newest()
    return [
        (version, [one for one in customers if held.get((one.pk, version.agreement), 0) < version.number])
        for version in asks
        if version.agreement in listed
    ]


def meaning(names: set[str]) -> list[str]:
    """For the preview of a change of the register: the agreements in force that carry one of these values."""
    held = in_force()
    titles = [pick(one.title)[0] for one in entries() if one.slug in held and names & held[one.slug].values.keys()]
    return [
        _("“%(title)s” carries a value that changes: publish a new version of it.") % {"title": title}
        for title in titles
    ]
