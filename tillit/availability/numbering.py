"""RFC 5545's SEQUENCE: the number by which calendars tell a newer version of the same window from an older one."""

from __future__ import annotations

from django.db.models import Max

from tillit.availability.models import MaintenanceRule, MaintenanceWindow

TIMES = ("zone", "rrule", "anchor", "as_needed", "start", "end", "end_days_later", "waves", "exceptions", "region")
WORDS = ("kind", "name", "text", "schedule", "note", "effect", "least_seconds", "most_seconds", "components", "job")


def number_rule(rule: MaintenanceRule, known: MaintenanceRule | None) -> None:
    """The rule as just read takes the place of the known one; its sequence is raised if its windows come otherwise."""
    if known is None:
        return
    rule.pk, rule.sequence = known.pk, known.sequence
    if _differ(rule, known, TIMES):
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
