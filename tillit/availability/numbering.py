"""RFC 5545's SEQUENCE: the number by which calendars tell a newer version of the same window from an older one."""

from __future__ import annotations

from django.db.models import Max

from tillit.availability.models import MaintenanceRule, MaintenanceWindow

TIMES = ("zone", "rrule", "anchor", "as_needed", "start", "end", "end_days_later", "waves", "exceptions", "region")
WORK = ("kind", "effect", "least_seconds", "most_seconds", "components", "job")
WORDS = ("name", "text", "schedule", "note")


def number_rule(rule: MaintenanceRule, known: MaintenanceRule | None) -> None:
    """The rule as just read takes the place of the known one.

    Its sequence is raised if its windows come otherwise, if other work is done in them, or if it was not in force
    meanwhile: then what was read back of it before proves nothing any more (`proving`).
    """
    if known is None:
        return
    rule.pk, rule.sequence = known.pk, known.sequence
    if known.retired_at or _differ(rule, known, TIMES + WORK):
        rule.sequence += 1
    elif not _differ(rule, known, WORDS):
        rule.changed_at = known.changed_at


def next_sequence(window: MaintenanceWindow) -> int:
    """Of a window of the plan that is announced now: above all that was ever announced under its name."""
    same = MaintenanceWindow.objects.filter(rule=window.rule, wave=window.wave, day=window.day)
    highest = same.aggregate(Max("sequence"))["sequence__max"]
    return window.sequence if highest is None else max(window.sequence, highest + 1)


def _differ(rule: MaintenanceRule, known: MaintenanceRule, names: tuple[str, ...]) -> bool:
    return any(getattr(rule, name) != getattr(known, name) for name in names)
