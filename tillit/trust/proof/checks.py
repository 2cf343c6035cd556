"""The checks of this room: what the register promises and its own records can show."""

from __future__ import annotations

from datetime import timedelta

from django.utils.translation import gettext_noop

from tillit.foundation.checks import Finding, Undecided
from tillit.foundation.clock import now
from tillit.trust.models import Processor, Revision
from tillit.trust.proof.badges import State
from tillit.trust.proof.queries.checks import KeptRule, kept_rules
from tillit.trust.queries import contacts_hold_until, notice_days, said_by
from tillit.trust.widening import widens

CONTACTS_LEFT = timedelta(days=30)
LOOKED_BACK = timedelta(days=365)


def security_contacts() -> Finding:
    """Whether security.txt (RFC 9116) holds for another month: it ends a year after the register was last confirmed."""
    until = contacts_hold_until()
    if until is None:
        raise Undecided
    figures = {"until_on": until.date().isoformat()}
    if until - now() > CONTACTS_LEFT:
        return Finding(True, gettext_noop("The security contacts are confirmed until %(until_on)s."), figures)
    sentence = gettext_noop("The security contacts hold until %(until_on)s only; apply the register to confirm them.")
    return Finding(False, sentence, figures)


def mail_is_purged() -> Finding:
    """Whether the last marked mail was deleted in time; judged by its canary."""
    rules = [kept for kept in kept_rules() if kept.holding == "outgoing-mail" and kept.rule]
    if not rules:
        return Finding(False, gettext_noop("No rule says when outgoing mail is deleted."))
    return _judged(rules)


def retention_is_kept() -> Finding:
    """Whether every rule deleted its last marked record in time. One whose first is young has none yet."""
    rules = [kept for kept in kept_rules() if kept.rule]
    due = [kept for kept in rules if kept.proof or (kept.badge and kept.badge.state == State.RED)]
    if not due:
        raise Undecided
    return _judged(due)


def processors_are_announced() -> Finding:
    """Whether every processor that was new or went further, within a year, had been announced for the promised days."""
    days, short, told = notice_days(), [], 0
    first = Revision.objects.order_by("pk").values_list("pk", flat=True).first()
    versions: dict[str, list[Processor]] = {}
    for row in Processor.objects.order_by("slug", "number"):
        versions.setdefault(row.slug, []).append(row)
    for row, before in _followed(versions):
        began = row.in_force_at <= now() and (row.ended_at is None or row.ended_at > row.in_force_at)
        if row.revision_id == first or not began or row.in_force_at < now() - LOOKED_BACK:
            continue
        if widens(said_by("processors", before) if before else {}, said_by("processors", row)):
            told += 1
            if row.in_force_at - row.announced_at < timedelta(days=days):
                short.append(row.slug)
    if short:
        sentence = gettext_noop("Not announced %(days)s days before: %(processors)s.")
        return Finding(False, sentence, {"days": days, "processors": ", ".join(sorted(set(short)))})
    sentence = gettext_noop("New or changed processors within a year: %(count)s, each announced %(days)s days before.")
    return Finding(True, sentence, {"count": told, "days": days})


def _followed(versions: dict[str, list[Processor]]) -> list[tuple[Processor, Processor | None]]:
    """Each version with the one before it."""
    return [(row, rows[place - 1] if place else None) for rows in versions.values() for place, row in enumerate(rows)]


def _judged(rules: list[KeptRule]) -> Finding:
    late = [kept.holding for kept in rules if kept.badge and kept.badge.state == State.RED]
    if late:
        sentence = gettext_noop("Not deleted in time: %(holdings)s.")
        return Finding(False, sentence, {"holdings": ", ".join(sorted(late))})
    if any(kept.badge and kept.badge.state != State.GREEN for kept in rules):
        raise Undecided
    hours = max(kept.rule.hours for kept in rules if kept.rule)
    sentence = gettext_noop("Marked records were deleted in time, after %(hours)s hours at the latest.")
    return Finding(True, sentence, {"hours": hours})
