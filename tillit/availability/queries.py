"""What is going on and what is to come, over windows, rules, parts and incidents.

A window here is a `MaintenanceWindow`: announced ones from the database, computed ones straight from their rule.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from dateutil.relativedelta import relativedelta
from django.db import connection
from django.db.models import Q
from django.utils.timezone import localtime

from tillit.availability import recurrence
from tillit.availability.models import (
    Component,
    Effect,
    Incident,
    MaintenanceRule,
    MaintenanceWindow,
    NoticeReceipt,
)
from tillit.availability.models.components import Shown
from tillit.availability.register import write_component, write_rule
from tillit.foundation.clock import now
from tillit.foundation.models import Tenant, User
from tillit.foundation.regions import known_regions

NOTICE_DAYS = 14  # how far ahead windows are announced by themselves and shown in the sign-in view and the session
PAST_DAYS = 90
# `upcoming().concerning(tenant).within(NOTICE_DAYS)` without what this person put away. Every page asks this, so it is
# written by hand: the ORM takes five times as long to say it.
OPEN_NOTICES = """
    SELECT w.id, w.sequence, r.first_shown_at FROM availability_maintenancewindow w
    LEFT JOIN availability_noticereceipt r ON r.tenant_id = %(tenant)s AND r.user_id = %(user)s
      AND r.window_id = w.id AND r.sequence = w.sequence
    WHERE w.cancelled_at IS NULL AND w.completed_at IS NULL AND w.ends_at > %(at)s AND w.starts_at < %(until)s
      AND (%(everybody)s OR (w.wave IN ('', %(wave)s) AND w.region IN ('', %(region)s))) AND r.dismissed_at IS NULL
    ORDER BY w.starts_at, w.id"""
MONTHS_AHEAD = 12


class Interruption(recurrence.Interruption[MaintenanceWindow]):
    """Windows of the same customers that overlap or touch, and what a page asks of them."""

    @property
    def first(self) -> MaintenanceWindow:
        return self.windows[0]

    @property
    def is_announced(self) -> bool:
        return all(window.announced_at for window in self.windows)

    @property
    def is_planned(self) -> bool:
        return all(window.is_planned for window in self.windows)

    @property
    def is_active(self) -> bool:
        return any(window.is_active for window in self.windows)

    @property
    def was_moved(self) -> bool:
        return any(window.moved_at for window in self.windows)

    @property
    def heaviest(self) -> MaintenanceWindow:
        """The window whose effect people notice most."""
        return max(self.windows, key=lambda window: (Effect.values.index(window.effect), window.most_seconds or 0))


@dataclass(frozen=True)
class Status:
    """The state of the service: `indicator` in the words of Statuspage's API, which has none for "unknown"; and what
    makes it so."""

    indicator: str
    components: list[Component]
    incidents: list[Incident]
    active: list[MaintenanceWindow]
    upcoming: list[MaintenanceWindow]
    is_silent: bool = False

    @property
    def summary(self) -> str:
        """The indicator, or "silent" where nothing was ever said: that all is well would be said too much."""
        return "silent" if self.is_silent else self.indicator

    def concerning(self, tenant: Tenant) -> Status:
        """Of the state for everybody what concerns one tenant, without asking the database again."""
        incidents = [one for one in self.incidents if concerns(one, tenant)]
        active, upcoming = ([one for one in many if concerns(one, tenant)] for many in (self.active, self.upcoming))
        worst = _worst(self.components, incidents, active)
        return replace(self, indicator=worst, incidents=incidents, active=active, upcoming=upcoming)


@dataclass(frozen=True)
class Line:
    """One line of the maintenance plan with the next times its work will (or, if as needed, may) happen."""

    rule: MaintenanceRule
    following: list[MaintenanceWindow]


def operating_tenant() -> Tenant:
    """The operator. Raises Tenant.DoesNotExist on an installation that has none."""
    return Tenant.objects.get(kind=Tenant.Kind.OPERATOR)


def upcoming_windows(tenant: Tenant, *, days: int = NOTICE_DAYS) -> list[MaintenanceWindow]:
    """Every announced window of the next days that concerns this tenant, the running ones first."""
    return list(MaintenanceWindow.objects.upcoming().concerning(tenant).within(days))


def next_window(tenant: Tenant) -> MaintenanceWindow | None:
    """The announced window that concerns this tenant and is running or comes next."""
    return MaintenanceWindow.objects.upcoming().concerning(tenant).first()


def notices_for(user: User, tenant: Tenant) -> dict[tuple[int, int], datetime | None]:
    """The windows (key and sequence) whose notice this person has not put away; when it was first shown. One query."""
    at = now()
    with connection.cursor() as cursor:
        cursor.execute(
            OPEN_NOTICES,
            {
                "user": user.pk, "tenant": tenant.pk, "at": at, "until": at + timedelta(days=NOTICE_DAYS),
                "everybody": tenant.is_operator, "wave": tenant.wave, "region": tenant.region,
            },
        )  # fmt: skip
        return {(key, sequence): shown_at for key, sequence, shown_at in cursor.fetchall()}


def windows_of(keys: Iterable[int]) -> list[MaintenanceWindow]:
    """These windows, earliest first."""
    return list(MaintenanceWindow.objects.filter(pk__in=keys).select_related("rule").order_by("starts_at", "id"))


def computed_windows(before: datetime, rules: Iterable[MaintenanceRule] | None = None) -> list[MaintenanceWindow]:
    """The windows of the planned rules from now until `before`, earliest first, whether announced or not."""
    planned = MaintenanceRule.objects.planned() if rules is None else rules
    windows = [window for rule in planned for window in MaintenanceWindow.foreseen(rule, now(), before)]
    return sorted(windows, key=lambda window: window.starts_at)


def windows_ahead(months: int = MONTHS_AHEAD, tenant: Tenant | None = None) -> list[MaintenanceWindow]:
    """Announced windows and those the rules foresee, in one sequence; all, or those that concern one tenant.

    Foreseen is only what can still be announced in time, and what nobody has called off.
    """
    at = now()
    announced = list(MaintenanceWindow.objects.upcoming().prefetch_related("versions"))
    taken = {window.identity for window in announced} | settled()
    foreseen = [
        window
        for window in computed_windows(at + relativedelta(months=months))
        if window.identity not in taken and window.gives_enough_notice(at)
    ]
    told = [window for window in [*announced, *foreseen] if tenant is None or concerns(window, tenant)]
    return sorted(told, key=lambda window: window.starts_at)


def calendar_windows(tenant: Tenant, *, routine: bool) -> list[MaintenanceWindow]:
    """What a calendar shows this tenant: twelve months ahead, the last ninety days, and the routine if it is wanted."""
    at = now()
    past = MaintenanceWindow.objects.past(PAST_DAYS).concerning(tenant)
    found = [*past, *windows_ahead(tenant=tenant)]
    for rule in routine_rules() if routine else ():
        windows = MaintenanceWindow.foreseen(rule, at, at + relativedelta(months=MONTHS_AHEAD))
        found += [window for window in windows if concerns(window, tenant)]
    return found


def concerns(said: MaintenanceWindow | Incident, tenant: Tenant) -> bool:
    """As `concerning` of both asks the database."""
    of_wave = isinstance(said, Incident) or said.wave in ("", tenant.wave)
    return tenant.is_operator or (of_wave and said.region in ("", tenant.region))


def settled() -> set[tuple[int | None, str, object]]:
    """Windows of rules that a person cancelled, moved or said otherwise: not announced again, not foreseen any more.

    They may lie behind us while their day is still to come: a window moved from Friday to Wednesday, on Thursday.
    """
    by_people = MaintenanceWindow.objects.exclude(cancelled_by=None, moved_at=None, revised_at=None).exclude(rule=None)
    long_ago = now() - timedelta(days=recurrence.MOST_DAYS + 1)
    return {window.identity for window in by_people.filter(Q(ends_at__gt=now()) | Q(day__gte=long_ago.date()))}


def merged(windows: Iterable[MaintenanceWindow], tenant: Tenant | None = None) -> list[Interruption]:
    """Windows for the same customers that overlap or touch, joined; earliest first.

    Several windows at once are one interruption to those who have them: to a customer, whom all of these concern,
    everybody's and those of its wave.
    """
    alone = tenant is not None and not tenant.is_operator

    def audience(window: MaintenanceWindow) -> tuple[str, str]:
        return ("", "") if alone else (window.wave, window.region)

    joined = [
        Interruption(found.starts_at, found.ends_at, found.windows)
        for _wave_and_region, group in groupby(sorted(windows, key=audience), key=audience)
        for found in recurrence.merged(group)
    ]
    return sorted(joined, key=lambda found: found.starts_at)


def by_weight(found: Iterable[Interruption]) -> list[Interruption]:
    """What runs or begins within a day, then the rest; of each the heaviest first, of the same weight the next."""
    soon = now() + MaintenanceWindow.NOTICE
    return sorted(
        found, key=lambda one: (one.starts_at >= soon, -Effect.values.index(one.heaviest.effect), one.starts_at)
    )


def near(found: list[Interruption]) -> list[Interruption]:
    """Of these, by weight, what is read without opening anything: what is under way, emergencies, and one more."""
    ranked = by_weight(found)
    following = next((one for one in ranked if one.is_planned and not one.is_active), None)
    return [one for one in ranked if one.is_active or not one.is_planned or one is following]


def by_month(interruptions: Iterable[Interruption]) -> list[tuple[datetime, list[Interruption]]]:
    """Grouped under the first moment of their month, in the zone that is active."""

    def month(found: Interruption) -> datetime:
        return localtime(found.starts_at).replace(day=1, hour=0, minute=0, second=0, microsecond=0, fold=0)

    return [(first, list(group)) for first, group in groupby(interruptions, key=month)]


def plan_with_next_dates(count: int = 3) -> list[Line]:
    """Every line of the maintenance plan; those that fire by themselves with their next windows, two of each wave."""
    at = now()
    lines = []
    for rule in MaintenanceRule.objects.in_force():
        far = timedelta(days=1) if rule.kind == rule.Kind.ROUTINE else relativedelta(months=MONTHS_AHEAD)
        windows = sorted(MaintenanceWindow.foreseen(rule, at, at + far), key=lambda window: window.starts_at)
        lines.append(Line(rule, windows[: max(count, 2 * len(rule.waves))]))
    return lines


def routine_rules(tenant: Tenant | None = None) -> list[MaintenanceRule]:
    """What happens so often that it is told once, as the rule; all of it, or what concerns one tenant's region."""
    routine = MaintenanceRule.objects.in_force().filter(kind=MaintenanceRule.Kind.ROUTINE)
    return list(routine.concerning(tenant) if tenant else routine)


def current_status(tenant: Tenant | None = None) -> Status:
    """The state of the service, for everybody or as it concerns one tenant: the worst of what is told of it."""
    components = list(Component.objects.in_service())
    unresolved = Incident.objects.unresolved().told()
    incidents = list(unresolved.concerning(tenant) if tenant else unresolved)
    windows = MaintenanceWindow.objects.upcoming()
    ahead = list(windows.concerning(tenant) if tenant else windows)
    active = [window for window in ahead if window.is_active]
    upcoming = [window for window in ahead if not window.is_active]
    silent = not (components or incidents or ahead or MaintenanceRule.objects.in_force().exists())
    return Status(_worst(components, incidents, active), components, incidents, active, upcoming, silent)


def shown_state(component: Component, active: Iterable[MaintenanceWindow]) -> str:
    """The worst of what is said and what is measured (`Shown`): green only while fresh samples prove it.

    A window of everybody's that interrupts for longer than seconds counts as said of the parts it is about.
    """
    interrupting = any(
        window.concerns_everybody
        and window.effect in (Effect.OFFLINE, Effect.READ_ONLY)
        and (not window.components or component.slug in window.components)
        for window in active
    )
    said = Shown.MAINTENANCE if interrupting else Shown.OPERATIONAL
    return Shown.worst(component.state, component.measured(now()), said)


def past_windows(days: int = PAST_DAYS, tenant: Tenant | None = None) -> list[MaintenanceWindow]:
    """All, or those that concerned one tenant."""
    past = MaintenanceWindow.objects.past(days)
    return list(past.concerning(tenant) if tenant else past)


def called_off(past: Iterable[MaintenanceWindow]) -> list[MaintenanceWindow]:
    """Of these the cancelled ones that were to be in the next days: who planned around them looks for them there."""
    ahead = now() + timedelta(days=NOTICE_DAYS)
    return [window for window in past if window.cancelled_at and now() < window.ends_at and window.starts_at < ahead]


def past_incidents(days: int = PAST_DAYS, tenant: Tenant | None = None) -> list[Incident]:
    """All, or those that concerned one tenant."""
    recent = Incident.objects.exclude(resolved_at=None).filter(resolved_at__gt=now() - timedelta(days=days))
    told = recent.told().order_by("-started_at")
    return list(told.concerning(tenant) if tenant else told)


def export_rules(tenant: Tenant | None = None) -> list[dict[str, Any]]:
    """The register's `[[maintenance_rules]]`, as `actions.apply_rules` takes them; all, or one tenant's."""
    rules = MaintenanceRule.objects.in_force()
    return [write_rule(rule) for rule in (rules.concerning(tenant) if tenant else rules)]


def export_components() -> list[dict[str, Any]]:
    """The register's `[[components]]`, as `actions.apply_components` takes them."""
    return [write_component(component) for component in Component.objects.in_service()]


def receipts_of(window: MaintenanceWindow) -> int:
    """How many people of the active tenant were shown the notice of this window, with the times it has now."""
    return NoticeReceipt.objects.filter(window=window, sequence=window.sequence).count()


INDICATORS = ("none", "unknown", "maintenance", "minor", "major", "critical")  # from good to bad
OF_STATE = {
    Shown.OPERATIONAL: "none",
    Shown.UNKNOWN: "unknown",
    Shown.MAINTENANCE: "maintenance",
    Shown.DEGRADED: "minor",
    Shown.PARTIAL_OUTAGE: "major",
    Shown.MAJOR_OUTAGE: "critical",
}


def _worst(components: list[Component], incidents: list[Incident], active: list[MaintenanceWindow]) -> str:
    said = [OF_STATE[Shown(shown_state(component, active))] for component in components]
    said += [incident.impact for incident in incidents]
    said += ["maintenance" for window in active if window.effect != Effect.NONE]
    said += [] if components else ["unknown"]  # what has no parts cannot be measured
    return max(said, key=INDICATORS.index)


def regions() -> dict[str, str]:
    """The regions tenants live in, slug to name."""
    in_use = Tenant.objects.order_by("region").values_list("region", flat=True).distinct()
    names = known_regions()
    return {region: names.get(region, region) for region in in_use}
