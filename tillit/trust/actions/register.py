"""Putting a register into force: every entry that differs becomes a new dated version.

What could reach more of customers' data than before (`widening.py`) waits for the days of notice that were promised;
everything else holds at once. A version never loses what it said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from tillit.foundation.access import Actor, action, require
from tillit.foundation.clock import now
from tillit.foundation.errors import Refused
from tillit.foundation.events import record
from tillit.foundation.formats import local_date
from tillit.trust.channel import notify
from tillit.trust.dated import Entry
from tillit.trust.differences import Difference, counts, differences
from tillit.trust.keepers import keepers
from tillit.trust.models import Agreement, Operator, Revision
from tillit.trust.problems import Problem, RegisterRefused
from tillit.trust.queries import KEYS, LISTS, export_register, notice_days, said_by
from tillit.trust.register import Register
from tillit.trust.widening import CAN_WIDEN, last_word, widens


@action
def apply_register(actor: Actor, *, register: Register, based_on: int | None = None) -> Revision:
    """Replace the register by this one, as a whole or not at all, and return what that changed.

    `based_on` is the revision somebody looked at when deciding: refused when there is a newer one. Applying the same
    register again changes nothing and confirms that it still holds.
    """
    require(actor, "trust.edit_register")
    Operator.objects.select_for_update().first()  # one register at a time
    newest = Revision.objects.first()
    if based_on is not None and newest is not None and newest.pk != based_on:
        raise Refused(_("Somebody applied another register meanwhile. Look at the differences once more."))
    found, revision = _replace(actor, register)
    record(actor, "trust.register_applied", revision, **counts(found))
    return revision


@action
def rehearse_register(actor: Actor, *, register: Register) -> list[Difference]:
    """What applying would change, with every refusal it would meet; afterwards all is as before."""
    require(actor, "trust.edit_register")
    with transaction.atomic():
        found, _revision = _replace(actor, register)
        transaction.set_rollback(True)
    return found


def _replace(actor: Actor, register: Register) -> tuple[list[Difference], Revision]:
    before, after = export_register(), register.as_file()
    _keep_promised_notice(before, after)
    found = differences(before, after)
    change = _Change(actor, first=not before, found=found, notice=timedelta(days=_days(before, after)))
    Operator(pk=1, **after["operator"], **after["promises"]).save()
    for name in LISTS:
        change.write(name, after.get(name, []))
    for keeper in keepers():
        try:
            keeper.apply(actor, after)
        except Refused as refusal:
            raise RegisterRefused([Problem(refusal.field or "", str(refusal))]) from refusal
    notify()
    return found, change.revision


def _keep_promised_notice(before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """What customers were promised cannot be made shorter by a line in a file."""
    shorter = {
        "promises.notice_hours": (
            before.get("promises", {}).get("notice_hours", 0),
            after["promises"]["notice_hours"],
        ),
        "promises.processor_notice_days": (
            notice_days(before.get("promises", {})) if before else 0,
            notice_days(after["promises"]),
        ),
    }
    wanted_of = {entry["slug"]: entry.get("notice_days", 0) for entry in after.get("agreements", [])}
    for entry in before.get("agreements", []):
        promised = entry.get("notice_days", 0)
        shorter[f"agreements[{entry['slug']}].notice_days"] = (promised, wanted_of.get(entry["slug"], promised))
    sentence = _("must be at least %(promised)s: so much notice was promised, and a promise is not shortened.")
    problems = [
        Problem(path, sentence % {"promised": promised})
        for path, (promised, wanted) in shorter.items()
        if wanted < promised
    ]
    if problems:
        raise RegisterRefused(problems)


def _days(before: Mapping[str, Any], after: Mapping[str, Any]) -> int:
    """The longest notice that is promised anywhere, in the register or in an agreement, before or after.

    That of an agreement which was taken out goes on for as many days: it is not got round in two steps.
    """
    at = now()
    promised = [notice_days(register.get("promises", {})) for register in (before, after) if register]
    in_agreements = [entry.get("notice_days", 0) for entry in after.get("agreements", [])]
    known = Agreement.objects.filter(notice_days__gt=0).values_list("notice_days", "ended_at")
    kept = [days for days, ended in known if ended is None or ended + timedelta(days=days or 0) > at]
    return max([*promised, *in_agreements, *kept])


class _Change:
    """One replacement of the register, list by list, at one moment."""

    def __init__(self, actor: Actor, *, first: bool, found: list[Difference], notice: timedelta) -> None:
        newest = Revision.objects.first()
        # A clock that was set back must not let a version begin earlier than it was promised.
        self.moment = max(now(), newest.at) if newest else now()
        self.actor, self.first, self.notice = actor, first, notice
        self.revision = Revision.objects.create(at=self.moment, by=actor.user, **counts(found))

    def write(self, section: str, entries: Sequence[Mapping[str, Any]]) -> None:
        noun, key = LISTS[section], KEYS[section]
        standing: dict[str, list[Entry]] = {}
        for row in noun.objects.standing(self.moment).select_for_update():
            standing.setdefault(getattr(row, key), []).append(row)
        newest = dict(noun.objects.values_list(key).annotate(Max("number")))
        new, touched, taken_back = [], [], []
        for position, entry in enumerate(entries):
            rows = standing.pop(entry[key], [])
            touched += [row for row in rows if row.position != position]
            for row in rows:
                row.position = position
            said = next((row for row in rows if row.ended_at is None), None)
            if said is not None and said_by(section, said) == entry:
                continue
            touched += rows
            version = self._succeed(section, rows, entry)
            if version is not None:
                version.position, version.number = position, newest.get(entry[key], 0) + 1
                new.append(version)
            else:
                taken_back += [row for row in rows if row.ended_at is not None]
        gone = [row for rows in standing.values() for row in rows]
        for row in gone:
            self._end(row, self.moment)
        changed = {row.pk: row for row in [*touched, *gone]}
        ended = [row for row in changed.values() if row.ended_at is not None]
        reopened = [row for row in changed.values() if row.ended_at is None]
        # In this order: an entry never has two open versions, not even inside one statement.
        for some in (ended, reopened):
            noun.objects.bulk_update(some, ["position", "ended_at", "ending"])
        noun.objects.bulk_create(new)
        self._tell(section, new, [*taken_back, *gone])

    def _succeed(self, section: str, rows: Sequence[Entry], entry: Mapping[str, Any]) -> Entry | None:
        """End what stands and return its successor; None when an older version, still in force, says the same."""
        held = next((row for row in rows if row.in_force_at <= self.moment), None)
        coming = next((row for row in rows if row.in_force_at > self.moment), None)
        if coming is not None:
            self._end(coming, self.moment)
        if held is not None and said_by(section, held) == entry:
            held.ended_at = held.ending = None
            return None
        begins = self._beginning(section, held, coming, entry)
        if held is not None:
            self._end(held, begins)
        noun = LISTS[section]
        times = {"proposed_at": self.moment, "announced_at": self.moment, "in_force_at": begins}
        return noun(**entry, **times, revision=self.revision)

    def _beginning(self, section: str, held: Entry | None, coming: Entry | None, entry: Mapping[str, Any]) -> datetime:
        """Later only for what widens: by the promised notice, or on the day that the entry names after that."""
        announced = coming.in_force_at if coming is not None else self.moment
        known = last_word(*(said_by(section, row) if row else {} for row in (held, coming)))
        if self.first or section not in CAN_WIDEN or not widens(known, entry):
            earliest = announced
        else:
            earliest = max(announced, self.moment + self.notice)
        wanted = entry.get("in_force_from")
        if wanted is None or self.first:
            return earliest
        begins = datetime.combine(wanted, time(), UTC)
        if begins < earliest:
            path = f"{section}[{entry[KEYS[section]]}].in_force_from"
            words = {"date": local_date(earliest + timedelta(days=1))}
            sentence = _("must be %(date)s or later: customers are promised that much notice.")
            raise RegisterRefused([Problem(path, sentence % words)])
        return begins

    def _end(self, row: Entry, moment: datetime) -> None:
        row.ended_at, row.ending = moment, self.revision

    def _tell(self, section: str, new: Sequence[Entry], gone: Sequence[Entry]) -> None:
        """Events for what customers must know: processors that come, change or go."""
        if self.first or section not in CAN_WIDEN:
            return
        for version in new:
            if version.in_force_at > self.moment:
                told = {"section": section, "slug": str(version), "in_force_at": version.in_force_at.isoformat()}
                record(self.actor, "trust.entry_announced", version, **told)
        for row in gone:
            record(self.actor, "trust.entry_ended", row, section=section, slug=str(row))
