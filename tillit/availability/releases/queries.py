"""Reads about releases: which waves there are, what is running, what was counted, and what the gate says of it."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Count
from django_scopes import scopes_disabled

from tillit.availability import moving
from tillit.availability.lastcopy import standing_windows
from tillit.availability.models import MaintenanceRule, MaintenanceWindow
from tillit.availability.queries import windows_ahead
from tillit.availability.releases import cohorts
from tillit.availability.releases.judging import BUCKETS, Figures, Verdict, judge
from tillit.availability.releases.models import Draw, Hold, Release, Stage, WaveChoice
from tillit.foundation.clock import now
from tillit.foundation.models import Membership, Tenant, User

JOB = "upgrade"  # the line of the maintenance plan that releases obey
SUMS = """
    SELECT release = %s, number, sum(counted)::bigint
    FROM releases_requestcount,
         unnest(ARRAY[errors, jobs, failed_jobs] || buckets) WITH ORDINALITY AS each_of (counted, number)
    WHERE minute >= %s GROUP BY 1, 2 ORDER BY 1, 2
"""

EMPTY = [0] * (3 + BUCKETS)


def percents() -> dict[str, int]:
    """Wave to percent, as the line of the plan for upgrades says; empty where no line has waves."""
    rules = MaintenanceRule.objects.in_force()
    rule = rules.filter(job=JOB).first()
    return {wave["wave"]: wave["percent"] for wave in rule.waves} if rule else {}


def newest_draw() -> Draw | None:
    return Draw.objects.order_by("-id").first()


def open_release() -> Release | None:
    """The one that is planned, running in waves or held; there is at most one."""
    return Release.objects.open().prefetch_related("stages", "holds").first()


def rollout_runs() -> bool:
    """Whether some customers are on a release and others are not yet: nobody changes wave meanwhile."""
    return Stage.objects.filter(release__in=Release.objects.open(), work__isnull=False).exists()


def what_changes(tenant: Tenant, shares: dict[str, int]) -> list[tuple[str, moving.Move]]:
    """For other waves, which announced maintenance would newly concern the customer there, and which no more."""
    labels = dict(Tenant.Wave.choices)
    others = [wave for wave in sorted(shares) if wave != tenant.wave]
    ahead = moving.Ahead(list(standing_windows()), routine=[])
    moves = [(str(labels[wave]), moving.Move.of(tenant, wave, tenant.region, ahead)) for wave in others]
    return [(wave, move) for wave, move in moves if move.gained or move.lost]


def releases() -> list[Release]:
    """The last twenty, newest first, with their stages and holds."""
    return list(Release.objects.prefetch_related("stages", "holds").order_by("-id")[:20])


def next_windows() -> dict[str, MaintenanceWindow]:
    """For each wave its next window for upgrades, announced or foreseen; each after that of the wave before it."""
    ours = [window for window in windows_ahead() if window.meant_for == JOB]
    found: dict[str, MaintenanceWindow] = {}
    before = now() - timedelta(days=1)
    for wave in sorted(percents()):
        window = next((one for one in ours if one.wave in ("", wave) and one.starts_at > before), None)
        if window is None:
            break
        found[wave], before = window, window.starts_at
    return found


def started(release: Release) -> list[Stage]:
    return [stage for stage in release.stages.all() if stage.started_at]


def next_stage(release: Release) -> Stage | None:
    """The first one that has not started."""
    return next((stage for stage in release.stages.all() if stage.started_at is None), None)


def current_hold(release: Release) -> Hold | None:
    return next((hold for hold in release.holds.all() if hold.lifted_at is None), None)


def judged_since(release: Release) -> datetime | None:
    """From when figures count: the newest stage's start, or the moment somebody let a held release go on."""
    moments = [stage.started_at for stage in started(release) if stage.started_at]
    moments += [hold.lifted_at for hold in release.holds.all() if hold.lifted_at] if moments else []
    return max(moments, default=None)


def figures(release: Release) -> tuple[Figures, Figures]:
    """What was counted of the release, and of everything else, since figures count."""
    sides = {True: Figures(), False: Figures()}
    since = judged_since(release)
    if since is None:
        return sides[True], sides[False]
    with connection.cursor() as cursor:
        cursor.execute(SUMS, [release.version, since.replace(second=0, microsecond=0)])
        rows = cursor.fetchall()
    for is_new in sides:
        errors, jobs, failed, *buckets = [counted for side, _number, counted in rows if side is is_new] or EMPTY
        sides[is_new] = Figures(sum(buckets), errors, tuple(buckets), jobs, failed)
    return sides[True], sides[False]


def verdict(release: Release) -> tuple[Verdict, Figures, Figures]:
    """What the gate says now, and by which figures."""
    new, rest = figures(release)
    since = judged_since(release)
    baked = now() - since if since else timedelta()
    return judge(new, rest, baked=baked, bake=release.bake), new, rest


def release_of(tenant: Tenant, release: Release | None) -> Stage | None:
    """The stage of this release that is the tenant's."""
    stages = release.stages.all() if release else []
    return next((stage for stage in stages if stage.wave == tenant.wave), None)


def choice_of(tenant: Tenant) -> WaveChoice | None:
    return WaveChoice.objects.filter(tenant=tenant, ended_at=None).select_related("chosen_by").first()


def choices() -> list[WaveChoice]:
    """Every choice that stands, by customer, with the wave the draw says in `computed`."""
    with scopes_disabled():  # row-level security lets the operator read every customer's
        standing = WaveChoice.objects.filter(ended_at=None).select_related("tenant", "chosen_by")
        found = list(standing.order_by("tenant__slug"))
    draw, shares = newest_draw(), percents()
    for choice in found:
        vars(choice)["computed"] = computed_wave(choice.tenant, draw, shares)
    return found


def computed_wave(tenant: Tenant, draw: Draw | None = None, shares: dict[str, int] | None = None) -> str:
    """The wave a customer belongs to by itself; «» where nothing was drawn, or the plan has no waves."""
    draw, shares = draw or newest_draw(), shares or percents()
    return cohorts.wave_of(draw.seed, cohorts.key_of(tenant.slug), shares) if draw and shares else ""


def customers_by_wave() -> dict[str, int]:
    """How many customers are in each wave now."""
    counted = Tenant.objects.filter(kind=Tenant.Kind.CUSTOMER).exclude(state=Tenant.State.DELETED)
    return dict(counted.values_list("wave").annotate(Count("id")).order_by("wave"))


def is_alone_in_first_wave(tenant: Tenant, shares: dict[str, int]) -> bool:
    """Whether a release would go to nobody first, were it not for this customer."""
    return tenant.wave == min(shares, default="") and customers_by_wave().get(tenant.wave) == 1


def staff() -> list[User]:
    """Who is told when the gate holds a release. Asked in the operator's tenant."""
    members = Membership.objects.filter(ended_at=None, user__is_active=True).select_related("user")
    return [member.user for member in members.order_by("user__name")]
