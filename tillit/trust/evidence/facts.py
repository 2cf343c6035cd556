"""What shows that a clause is kept: small functions over the cloud, each a sentence with a date and where to look.

What is not there is said as plainly as what is: a clause never looks better than the data behind it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from tillit.foundation.formats import country_name, local_number
from tillit.foundation.texts import pick
from tillit.trust import chains
from tillit.trust.choices import Transfer
from tillit.trust.evidence.addresses import address
from tillit.trust.evidence.queries.cloud import Cloud
from tillit.trust.proof.badges import PERIOD_HOURS, State, badge_of_run


class Weight(models.TextChoices):
    """How much a fact carries."""

    PROVEN = "proven", gettext_lazy("Proven")
    STATED = "stated", gettext_lazy("Stated")
    FAILED = "failed", gettext_lazy("Not kept")
    MISSING = "missing", gettext_lazy("Not provided")


TONES = {Weight.PROVEN: "good", Weight.STATED: "info", Weight.FAILED: "bad", Weight.MISSING: "idle"}
WEIGHTS = {
    State.GREEN: Weight.PROVEN,
    State.AMBER: Weight.STATED,
    State.RED: Weight.FAILED,
    State.GREY: Weight.MISSING,
}


@dataclass(frozen=True)
class Fact:
    """One piece of evidence in the active language. `at`: as of when; `link`: where it can be looked at."""

    weight: Weight
    sentence: str
    at: datetime | None = None
    link: str = ""

    @property
    def tone(self) -> str:
        return TONES[self.weight]


Evidence = Callable[[Cloud], Fact]


def evidence(name: str) -> Evidence:
    """The function that a table names. Raises LookupError for a name that nobody wrote."""
    kind, _colon, check = name.partition(":")
    if kind == "check" and check:
        return lambda cloud: last_run(cloud, check)
    if name not in KNOWN:
        raise LookupError(f"No evidence is called {name!r}.")
    return KNOWN[name]


def last_run(cloud: Cloud, name: str) -> Fact:
    """The last run of a declared check, and whether it is fresh."""
    state = cloud.checks.get(name)
    proven = next((one for one in cloud.measures if one.measure.checked_by == name), None)
    called = {"name": pick(proven.measure.text)[0].rstrip(".") if proven else name}
    if state is None:
        return Fact(Weight.MISSING, _("No check of this service proves it yet: %(name)s.") % called)
    if state.run is None:
        return Fact(Weight.MISSING, _("No result yet: %(name)s.") % called)
    badge = proven.badge if proven else badge_of_run(state.run, PERIOD_HOURS, cloud.at)
    said = badge.reason if badge.state == State.GREY and badge.reason else state.run.finding
    return Fact(WEIGHTS[badge.state], said, state.run.at)


def contract_as_one(cloud: Cloud) -> Fact:
    if not cloud.numbers:
        return Fact(Weight.MISSING, _("No agreement has been published here yet."))
    count = len(cloud.numbers)
    said = ngettext("%(count)s agreement is in force.", "%(count)s agreements are in force.", count)
    newest = max(row.valid_from for row in cloud.numbers.values())
    link = address("sealed:bundle") if cloud.tenant else f"{reverse('trust:page')}#agreements"
    return Fact(Weight.STATED, said % {"count": count}, newest, link)


def revisions_of_agreements(cloud: Cloud) -> Fact:
    if not cloud.numbers:
        return Fact(Weight.MISSING, _("No agreement has been published here yet."))
    said = _("Every version of an agreement is kept with the dates between which it applies.")
    newest = max(row.valid_from for row in cloud.numbers.values())
    return Fact(Weight.STATED, said, newest, f"{reverse('trust:page')}#agreements")


def chain(cloud: Cloud) -> Fact:
    rows = cloud.subprocessors
    if not rows:
        return Fact(Weight.MISSING, _("The register names no sub-processor."))
    figures = {
        "count": len(rows),
        "critical": sum(row.critical for row in rows),
        "ranks": max(chains.ranks(cloud.processors).values()),
    }
    said = _(
        "%(count)s sub-processors stand in the register, %(critical)s of them critical; the chain has %(ranks)s ranks."
    )
    return Fact(Weight.STATED, said % figures, cloud.changed_at, f"{reverse('trust:page')}#processors")


def notice_of_processors(cloud: Cloud) -> Fact:
    days = {"days": local_number(cloud.notice_days)}
    said = _("A new or moved processor is announced %(days)s days before; until then the way to it is shut.") % days
    if cloud.coming:
        coming = ngettext("%(count)s is announced now.", "%(count)s are announced now.", len(cloud.coming))
        said = f"{said} {coming % {'count': len(cloud.coming)}}"
    return Fact(Weight.STATED, said, cloud.changed_at, f"{reverse('trust:page')}#processors")


def objections(_cloud: Cloud) -> Fact:
    return Fact(Weight.STATED, _("A customer's administrator can object; the way then stays shut for that customer."))


def places(cloud: Cloud) -> Fact:
    countries = sorted({code for region in cloud.regions for code in region.countries})
    if not countries:
        return Fact(Weight.MISSING, _("The register names no country for its regions."))
    figures = {"countries": ", ".join(map(country_name, countries))}
    said = _("Customers' data lies in: %(countries)s.") % figures
    return Fact(Weight.STATED, said, cloud.changed_at, f"{reverse('trust:page')}#regions")


def place_of_the_tenant(cloud: Cloud) -> Fact:
    if cloud.tenant is None:
        return Fact(Weight.STATED, _("Each customer sees on “My trust page” which region its data lies in."))
    if cloud.region is None:
        return Fact(
            Weight.MISSING, _("The register does not describe your region (%(slug)s).") % {"slug": cloud.tenant.region}
        )
    return Fact(Weight.STATED, _("Your region: %(name)s.") % {"name": pick(cloud.region.name)[0]}, cloud.changed_at)


def measures(cloud: Cloud) -> Fact:
    states = [one.badge.state for one in cloud.measures]
    if not states:
        return Fact(Weight.MISSING, _("The register binds no measure to a check yet."))
    figures = {"green": states.count(State.GREEN), "count": len(states)}
    said = _("%(green)s of %(count)s measures are proven now.") % figures
    if State.RED in states:
        return Fact(Weight.FAILED, said)
    checked = [one.run.at for one in cloud.measures if one.run]
    weight = Weight.PROVEN if figures["green"] == figures["count"] else Weight.STATED
    return Fact(weight, said, max(checked, default=None))


def exports(_cloud: Cloud) -> Fact:
    said = _("Lists leave as CSV and XLSX, records by a documented API, at any time and without our help.")
    return Fact(Weight.STATED, said, None, "/api/v1/docs")


def exit_drill(_cloud: Cloud) -> Fact:
    return Fact(Weight.MISSING, _("No exit drill (everything out, and in again elsewhere) is recorded yet."))


def own_server(_cloud: Cloud) -> Fact:
    said = _("The program is open source (EUPL 1.2): the same service can run on a server of your own.")
    return Fact(Weight.STATED, said)


def service_levels(cloud: Cloud) -> Fact:
    if cloud.operator is None:
        return Fact(Weight.MISSING, _("No register has been published here yet."))
    said = [_("Planned maintenance: %(hours)s hours' notice.") % {"hours": cloud.operator.notice_hours}]
    if cloud.operator.rare_downtime_minutes:
        minutes = {"minutes": cloud.operator.rare_downtime_minutes}
        said.append(_("Interruptions rarely above %(minutes)s minutes.") % minutes)
    return Fact(Weight.STATED, " ".join(said), cloud.changed_at, f"{reverse('trust:page')}#availability")


def measured_availability(_cloud: Cloud) -> Fact:
    return Fact(Weight.STATED, _("What was announced and what happened stands on the status page."), None, "/status/")


def help_in_incidents(cloud: Cloud) -> Fact:
    if cloud.operator is None:
        return Fact(Weight.MISSING, _("No register has been published here yet."))
    contact = {"contact": cloud.operator.security_contact.removeprefix("mailto:")}
    return Fact(Weight.STATED, _("Contact in an incident: %(contact)s.") % contact, cloud.changed_at)


def authorities(_cloud: Cloud) -> Fact:
    return Fact(Weight.MISSING, _("The contract says so; the service has no access of its own for authorities yet."))


def termination(_cloud: Cloud) -> Fact:
    return Fact(Weight.STATED, _("The periods stand in the agreement alone; the register does not repeat them."))


def training(_cloud: Cloud) -> Fact:
    return Fact(Weight.MISSING, _("No record of training is kept here."))


def material_changes(cloud: Cloud) -> Fact:
    said = _("Changes of processors are announced in the service, by mail to subscribers, and on the trust page.")
    return Fact(Weight.STATED, said, cloud.changed_at, reverse("evidence:subscribe"))


def continuity(_cloud: Cloud) -> Fact:
    return Fact(Weight.MISSING, _("No test of a contingency plan is recorded yet."))


def penetration_tests(_cloud: Cloud) -> Fact:
    return Fact(Weight.MISSING, _("No threat-led penetration test is recorded yet."))


def audit_reports(cloud: Cloud) -> Fact:
    held = [one for one in cloud.certificates if one.badge.state in (State.GREEN, State.AMBER)]
    if not held:
        return Fact(Weight.MISSING, _("The register holds no certificate or audit report that is valid now."))
    figures = {"names": ", ".join(sorted({one.certificate.standard for one in held}))}
    return Fact(Weight.STATED, _("Valid now: %(names)s.") % figures, cloud.changed_at)


def ready_evidence(_cloud: Cloud) -> Fact:
    said = _("The register, the results of checks and these tables are open at any time, for programs too.")
    return Fact(Weight.STATED, said, None, reverse("evidence:index_json"))


def transfers(cloud: Cloud) -> Fact:
    rows = [row for row in cloud.subprocessors if row.transfer_basis not in ("", Transfer.NONE)]
    silent = [row for row in cloud.subprocessors if not row.transfer_basis]
    figures = {"count": len(rows), "silent": len(silent)}
    if silent:
        said = _("A basis of transfer is named for %(count)s of the processors and for %(silent)s not.")
        return Fact(Weight.MISSING, said % figures, cloud.changed_at)
    said = _("Every processor states its basis of transfer; for %(count)s data leaves the EEA.")
    return Fact(Weight.STATED, said % figures, cloud.changed_at)


def confidentiality(_cloud: Cloud) -> Fact:
    return Fact(Weight.MISSING, _("The contract says so; declarations of the staff are not kept here."))


def requests_of_people(_cloud: Cloud) -> Fact:
    said = _(
        "Show, correct and export work in the service; changes are written down. A request desk is not provided yet."
    )
    return Fact(Weight.STATED, said)


def retention_rules(cloud: Cloud) -> Fact:
    rules = [one for one in cloud.rules if one.rule]
    if not rules:
        return Fact(Weight.MISSING, _("The register has no retention rule that the service keeps."))
    states = [one.badge.state for one in rules if one.badge]
    figures = {"count": len(rules), "green": states.count(State.GREEN)}
    said = _("%(count)s retention rules; the last marked records of %(green)s were deleted in time.") % figures
    weight = Weight.FAILED if State.RED in states else Weight.STATED
    proven = [one.proof.gone_at for one in rules if one.proof and one.proof.gone_at]
    return Fact(weight, said, max(proven, default=None))


KNOWN: dict[str, Evidence] = {
    function.__name__: function
    for function in (
        contract_as_one,
        revisions_of_agreements,
        chain,
        notice_of_processors,
        objections,
        places,
        place_of_the_tenant,
        measures,
        exports,
        exit_drill,
        own_server,
        service_levels,
        measured_availability,
        help_in_incidents,
        authorities,
        termination,
        training,
        material_changes,
        continuity,
        penetration_tests,
        audit_reports,
        ready_evidence,
        transfers,
        confidentiality,
        requests_of_people,
        retention_rules,
    )
}
