"""What a change of the register compiles into, as sentences. Reads nothing: two registers in, sentences out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tillit.foundation.formats import country_name, local_date, local_datetime
from tillit.foundation.purposes import known_purposes
from tillit.foundation.texts import pick
from tillit.trust.composing import Said, name_of
from tillit.trust.differences import Difference
from tillit.trust.routes import parse_reached_at
from tillit.trust.variables import variables_of
from tillit.trust.widening import CAN_WIDEN


@dataclass(frozen=True)
class Foreseen:
    """What applying a register would do. `begins` says from when on each new version holds, by section and slug."""

    before: Said
    after: Said
    found: list[Difference]
    moment: datetime
    notice_days: int
    begins: Mapping[tuple[str, str], datetime] = field(default_factory=dict)

    @property
    def is_first(self) -> bool:
        return not self.before

    def waits(self, section: str, slug: str) -> bool:
        return self.begins.get((section, slug), self.moment) > self.moment

    def is_told(self, difference: Difference) -> bool:
        """Whether customers hear of it."""
        if self.is_first or difference.section not in CAN_WIDEN:
            return False
        return difference.kind == "removed" or self.waits(difference.section, difference.name)


@dataclass(frozen=True)
class Audience:
    """Whom an announcement reaches."""

    administrators: int
    customers: int


def consequences(foreseen: Foreseen, audience: Audience) -> list[str]:
    """One sentence for everything that the running system, the documents and the customers notice."""
    sentences: list[str] = []
    before, after = _by_name(foreseen.before), _by_name(foreseen.after)
    for difference in foreseen.found:
        say = SPEAKERS.get(difference.section)
        key = difference.section, difference.name or difference.section
        if say and difference.kind != "moved":
            sentences += say(foreseen, before.get(key, {}), after.get(key, {}), _when(foreseen, *key))
    sentences += _documents(foreseen)
    told = [difference for difference in foreseen.found if foreseen.is_told(difference)]
    if told and audience.customers:
        sentences.append(_told(audience))
    last = max((foreseen.begins.get((one.section, one.name), foreseen.moment) for one in told), default=foreseen.moment)
    if last > foreseen.moment:
        sentences.append(_("They may object until %(time)s.") % {"time": local_datetime(last)})
    return sentences


def changed_variables(foreseen: Foreseen) -> set[str]:
    """The names of values that agreements may carry and that would be others."""
    sides = (variables_of(register, notice_days=foreseen.notice_days) for register in (foreseen.before, foreseen.after))
    before, after = sides
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


def _by_name(register: Said) -> dict[tuple[str, str], Said]:
    found: dict[tuple[str, str], Said] = {}
    for section, part in register.items():
        if section in SPEAKERS:
            entries = [part] if isinstance(part, Mapping) else part
            found |= {(section, name_of(section, entry)): entry for entry in entries}
    return found


def _when(foreseen: Foreseen, section: str, slug: str) -> str:
    if not foreseen.waits(section, slug):
        return _("at once")
    return _("on %(time)s") % {"time": local_datetime(foreseen.begins[section, slug])}


def _told(audience: Audience) -> str:
    customers = ngettext("%(count)s customer", "%(count)s customers", audience.customers) % {
        "count": audience.customers
    }
    return ngettext(
        "%(count)s administrator of %(customers)s is told by mail, in the product and in the feed.",
        "%(count)s administrators of %(customers)s are told by mail, in the product and in the feed.",
        audience.administrators,
    ) % {"count": audience.administrators, "customers": customers}


def _processor(_foreseen: Foreseen, before: Said, after: Said, when: str) -> Iterator[str]:
    entry = after or before
    opened, shut = _ways(after) - _ways(before), _ways(before) - _ways(after)
    for host, port, protocol, purpose in sorted(opened):
        words = {"host": host, "port": port, "protocol": protocol, "when": when, "purpose": _purpose(purpose)}
        yield _("The way to %(host)s, port %(port)s (%(protocol)s), opens %(when)s for: %(purpose)s.") % words
    for host, port, protocol, purpose in sorted(shut):
        words = {"host": host, "port": port, "protocol": protocol, "when": when, "purpose": _purpose(purpose)}
        yield _("The way to %(host)s, port %(port)s (%(protocol)s), is shut %(when)s for: %(purpose)s.") % words
    if before and after and opened | shut == set() and before != after and when != _("at once"):
        yield _("What is new about %(name)s holds %(when)s; until then the old version does.") % {
            "name": entry["name"],
            "when": when,
        }
    old, new = before.get("retention_hours"), after.get("retention_hours")
    if before and after and old != new:
        words = {"name": entry["name"], "old": _hours(old), "new": _hours(new)}
        yield _("%(name)s deletes after: %(new)s (until now: %(old)s).") % words


def _ways(entry: Said) -> set[tuple[str, int, str, str]]:
    addresses = (parse_reached_at(url) for url in entry.get("reached_at", ()))
    return {
        (host, port, protocol, purpose) for protocol, host, port in addresses for purpose in entry.get("purposes", ())
    }


def _purpose(name: str) -> str:
    known = known_purposes().get(name)
    return str(known.label) if known else name


def _hours(hours: int | None) -> str:
    if hours is None:
        return _("not stated")
    return ngettext("%(count)s hour", "%(count)s hours", hours) % {"count": hours}


def _retention(_foreseen: Foreseen, before: Said, after: Said, _when: str) -> Iterator[str]:
    holding = (after or before)["holding"]
    if not after:
        yield _("“%(holding)s” is purged no longer.") % {"holding": holding}
    elif not before:
        words = {"holding": holding, "hours": _hours(after["hours"])}
        yield _("“%(holding)s” is purged after %(hours)s, from the next run of the job on.") % words
    elif before["hours"] != after["hours"]:
        words = {"holding": holding, "hours": _hours(after["hours"]), "old": _hours(before["hours"])}
        yield _("“%(holding)s” is purged after %(hours)s instead of %(old)s, from the next run of the job on.") % words


def _region(_foreseen: Foreseen, before: Said, after: Said, when: str) -> Iterator[str]:
    name = pick((after or before)["name"])[0]
    if not before:
        yield _("Customers can be placed in “%(name)s” %(when)s.") % {"name": name, "when": when}
    elif not after:
        yield _("Nobody can be placed in “%(name)s” any more; who lives there stays.") % {"name": name}
    elif before.get("countries") != after.get("countries"):
        countries = ", ".join(map(country_name, after.get("countries", ()))) or _("not stated")
        words = {"name": name, "countries": countries, "when": when}
        yield _("Data of customers in “%(name)s” may lie in these countries %(when)s: %(countries)s.") % words


def _certificate(_foreseen: Foreseen, before: Said, after: Said, _when: str) -> Iterator[str]:
    if not after:
        yield _("The badge of %(standard)s disappears.") % {"standard": before["standard"]}
    elif until := after.get("planned_for") if not after.get("valid_from") else after.get("valid_to"):
        words = {"standard": after["standard"], "date": local_date(until)}
        yield _("The badge of %(standard)s turns red by itself after %(date)s.") % words
    else:
        yield _("The badge of %(standard)s stays grey: it has no date to be checked by.") % {
            "standard": after["standard"]
        }


def _measure(_foreseen: Foreseen, before: Said, after: Said, _when: str) -> Iterator[str]:
    if after.get("checked_by"):
        words = {"check": after["checked_by"], "hours": _hours(after.get("period_hours"))}
        yield _("Its badge is computed by the check “%(check)s”; a finding older than %(hours)s is grey.") % words
    elif before.get("checked_by"):
        yield _("The check “%(check)s” proves it no longer.") % {"check": before["checked_by"]}


def _promises(_foreseen: Foreseen, before: Said, after: Said, _when: str) -> Iterator[str]:
    if before.get("notice_hours") != after.get("notice_hours"):
        words = {"hours": _hours(after["notice_hours"])}
        yield _("A planned window that is announced later than %(hours)s before is refused.") % words
    if before.get("processor_notice_days") != after.get("processor_notice_days"):
        days = after.get("processor_notice_days")
        if days:
            yield _("New and moved processors wait %(days)s days, from the next announcement on.") % {"days": days}


def _operator(_foreseen: Foreseen, before: Said, after: Said, _when: str) -> Iterator[str]:
    if before.get("security_contact") != after.get("security_contact"):
        yield _("security.txt names %(contact)s.") % {"contact": after["security_contact"]}


def _documents(foreseen: Foreseen) -> Iterator[str]:
    """The annexes of the agreement on data processing: GDPR Art. 28(3), (2) and 32."""
    touched = {difference.section for difference in foreseen.found}
    if foreseen.is_first:
        return
    if "processors" in touched:
        yield _("The list of sub-processors and annex III of the data processing agreement change.")
    if touched & {"measures", "certificates"}:
        yield _("Annex II of the data processing agreement (technical and organisational measures) changes.")
    if touched:
        yield _("The public page, its JSON and the trust log say so at once.")


Speaker = Callable[[Foreseen, Said, Said, str], Iterator[str]]
SPEAKERS: dict[str, Speaker] = {
    "operator": _operator,
    "promises": _promises,
    "regions": _region,
    "measures": _measure,
    "certificates": _certificate,
    "retention": _retention,
    "processors": _processor,
}
