"""`GET /metrics`: the figures of this installation for a monitoring system, as OpenMetrics 1.0 text.

Whatever is told here is told by the database, so it is the same from whichever worker one asks. No name of a customer
or a person is in it. It is written by hand: a library for it counts in each process by itself, and would need files to
add its processes up again.

Specification: https://prometheus.io/docs/specs/om/open_metrics_spec/
"""

from __future__ import annotations

import hmac
import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_address

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import DisallowedHost
from django.db import Error, connection, transaction
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.http.request import split_domain_port
from django.views.decorators.http import require_safe

from tillit.availability.models import Incident
from tillit.availability.models.components import Shown
from tillit.availability.probes import queries as probes
from tillit.availability.probes.actions.account import EMAIL
from tillit.availability.probes.models import Watch
from tillit.availability.queries import current_status, shown_state
from tillit.availability.releases.judging import Figures
from tillit.availability.releases.models import RequestCount
from tillit.foundation.clock import now
from tillit.foundation.jobs import apart, queue_of
from tillit.foundation.models import Tenant, User

log = logging.getLogger(__name__)
CONTENT_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"
FORWARDED = ("HTTP_X_FORWARDED", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_VIA")
ACTIVE_DAYS = 30
RECENT = timedelta(minutes=5)
JOBS = """
    SELECT q.queue_name, q.status, q.number, greatest(0, extract(epoch FROM now() - e.at)) FROM (
        SELECT queue_name, status::text, count(*) AS number,
               min(id) FILTER (WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now())) AS oldest
        FROM procrastinate_jobs WHERE status IN ('todo', 'doing', 'failed') GROUP BY 1, 2
    ) q
    LEFT JOIN LATERAL (
        SELECT max(at) AS at FROM procrastinate_events WHERE job_id = q.oldest
        AND type IN ('deferred', 'deferred_for_retry', 'scheduled')
    ) e ON true
    ORDER BY 1, 2
"""
CONNECTIONS = """
    SELECT coalesce(state, 'hidden'), count(*), current_setting('max_connections')::int FROM pg_stat_activity
    WHERE datname = current_database() GROUP BY 1 ORDER BY 1
"""
Labels = Mapping[str, str]


@dataclass
class Family:
    """The figures of one name; `kind` is one of `gauge`, `info`, `stateset`."""

    name: str
    kind: str
    help: str
    samples: list[tuple[Labels, float]] = field(default_factory=list)

    def add(self, value: float | None, **labels: str) -> None:
        """A figure nobody knows is not told."""
        if value is not None:
            self.samples.append((labels, value))

    def lines(self) -> Iterator[str]:
        yield f"# TYPE {self.name} {self.kind}"
        unit = self.name.rpartition("_")[2]
        if unit in ("seconds", "ratio"):
            yield f"# UNIT {self.name} {unit}"
        yield f"# HELP {self.name} {_escaped(self.help)}"
        suffix = "_info" if self.kind == "info" else ""
        for labels, value in self.samples:
            told = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
            yield f"{self.name}{suffix}{f'{{{told}}}' if told else ''} {value:.15g}"


@login_not_required
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """For who asks from this machine itself, or brings the token; for everybody else there is nothing here."""
    if not (_asks_from_here(request) or _brings_token(request)):
        raise Http404
    response = HttpResponse(written(_told()), content_type=CONTENT_TYPE)
    response.headers["Cache-Control"] = "no-store"
    return response


def written(families: Iterable[Family]) -> str:
    return "".join(f"{line}\n" for family in families for line in family.lines()) + "# EOF\n"


def _asks_from_here(request: HttpRequest) -> bool:
    """By a loopback address, to a loopback name, and on behalf of nobody.

    Behind a proxy on this machine every visitor comes from loopback. One that tells for whom it asks gives itself
    away by that; one that does not, by the public name it passes on.
    """
    if any(name.startswith(FORWARDED) for name in request.META):
        return False
    try:
        host = split_domain_port(request.get_host())[0]
    except DisallowedHost:
        return False
    return _is_loopback(request.META.get("REMOTE_ADDR", "")) and (host == "localhost" or _is_loopback(host))


def _is_loopback(text: str) -> bool:
    try:
        address = ip_address(text.strip("[]"))
    except ValueError:
        return False
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


def _brings_token(request: HttpRequest) -> bool:
    scheme, _space, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    known = settings.METRICS_TOKEN
    return bool(known) and scheme.lower() == "bearer" and hmac.compare_digest(token.encode(), known.encode())


def _told() -> Iterator[Family]:
    """Without the database only what this process knows by itself; what fails alone is absent, and told in the log."""
    build = Family("tillit_build", "info", "The release that answers.")
    build.add(1, release=settings.RELEASE)
    database = Family("tillit_database_up", "gauge", "Whether the database answers.")
    found: list[Family] = []
    is_up = _answers()
    for group in (_service, _probes, _jobs, _customers, _recent, _connections) if is_up else ():
        try:
            with transaction.atomic():
                found += [*group()]
        except Error:
            log.exception("Figures that cannot be told: %s", group.__name__)
            is_up = _answers()
            if not is_up:
                break
    database.add(is_up)
    yield from (build, database, *found)


def _answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        connection.close()
        return False
    return True


def _service() -> Iterator[Family]:
    status = current_status()
    states = Family(
        "tillit_component_state", "stateset", "The state of a part as the status page shows it; unknown is not green."
    )
    for part in status.components:
        shown = shown_state(part, status.active)
        for state in Shown.values:
            states.add(state == shown, component=part.slug, tillit_component_state=state)
    windows = Family(
        "tillit_maintenance_windows", "gauge", "Announced maintenance that is under way, and that is ahead."
    )
    windows.add(len(status.active), phase="under_way")
    windows.add(len(status.upcoming), phase="announced")
    following = Family(
        "tillit_maintenance_starts_in_seconds",
        "gauge",
        "Time until the next announced maintenance; absent without one.",
    )
    if status.upcoming:
        following.add((min(one.starts_at for one in status.upcoming) - now()).total_seconds())
    incidents = Family("tillit_incidents_open", "gauge", "Incidents that are public and not resolved.")
    for impact in Incident.Impact.values:
        incidents.add(sum(one.impact == impact for one in status.incidents), impact=impact)
    yield from (states, windows, following, incidents)


def _probes() -> Iterator[Family]:
    uptime = Family(
        "tillit_uptime_ratio",
        "gauge",
        f"Uptime of the last {probes.SHOWN_DAYS} days; absent while nothing was measured.",
    )
    for (component, region), counts in probes.recent_sums().items():
        for kind, percent in (("raw", counts.raw), ("contractual", counts.contractual)):
            uptime.add(float(percent) / 100 if percent else None, component=component, region=region, kind=kind)
    age = Family("tillit_probe_age_seconds", "gauge", "Time since the last answer of a probe that told anything.")
    fails = Family("tillit_probe_failures", "gauge", "How often in a row a probe has failed just now.")
    watches = Watch.objects.filter(prober__ended_at=None).select_related("prober").order_by("prober__name", "probe")
    for watch in watches:
        labels = {"probe": watch.probe, "prober": watch.prober.name, "region": watch.prober.region}
        age.add(max(0.0, (now() - watch.last_at).total_seconds()), **labels)
        fails.add(watch.fails, **labels)
    yield from (uptime, age, fails)


def _jobs() -> Iterator[Family]:
    number = Family(
        "tillit_jobs", "gauge", "Jobs by queue that wait (todo), are being done (doing) or gave up (failed)."
    )
    oldest = Family("tillit_jobs_oldest_due_seconds", "gauge", "How long the oldest job that could begin has waited.")
    with connection.cursor() as cursor:
        cursor.execute(JOBS)
        rows = cursor.fetchall()
    found = {(queue, status): jobs for queue, status, jobs, _waited in rows}
    waits = {queue: float(waited) for queue, _status, _jobs, waited in rows if waited is not None}
    # An empty one is told as well, or its alarm would be blind.
    known = {"default", *apart.values(), *map(queue_of, Tenant.Wave.values)}
    for queue in sorted(known | {queue for queue, _status in found}):
        for status in ("todo", "doing", "failed"):
            number.add(found.get((queue, status), 0), queue=queue, status=status)
        oldest.add(waits.get(queue, 0), queue=queue)
    yield from (number, oldest)


def _customers() -> Iterator[Family]:
    tenants = Family("tillit_tenants", "gauge", "Customers by state.")
    found = (
        Tenant.objects.filter(kind=Tenant.Kind.CUSTOMER).values_list("state").annotate(Count("pk")).order_by("state")
    )
    for state, customers in found:
        tenants.add(customers, state=state)
    users = Family("tillit_users", "gauge", f"People who may sign in, and those who did within {ACTIVE_DAYS} days.")
    recently = Q(last_login__gte=now() - timedelta(days=ACTIVE_DAYS))
    people = User.objects.filter(is_active=True).exclude(email=EMAIL)
    counted = people.aggregate(known=Count("pk"), active=Count("pk", filter=recently))
    for kind, number in counted.items():
        users.add(number, kind=kind)
    yield from (tenants, users)


def _recent() -> Iterator[Family]:
    """What was counted for the gate between waves: kept for days and not for ever, so it is no counter."""
    over = f"of customers' people in the last {RECENT // timedelta(minutes=1)} whole minutes"
    requests = Family("tillit_recent_requests", "gauge", f"Requests {over}.")
    errors = Family("tillit_recent_errors", "gauge", f"Requests {over} that ended in an error of ours (5xx).")
    slow = Family("tillit_recent_p95_seconds", "gauge", f"Within what time 95 of 100 requests {over} were answered.")
    until = now().replace(second=0, microsecond=0)
    for (release, wave), figures in _counted(RequestCount.objects.filter(minute__gte=until - RECENT, minute__lt=until)):
        requests.add(figures.requests, release=release, wave=wave)
        errors.add(figures.errors, release=release, wave=wave)
        slow.add(figures.p95 / 1000 if figures.p95 is not None else None, release=release, wave=wave)
    yield from (requests, errors, slow)


def _counted(rows: Iterable[RequestCount]) -> Iterator[tuple[tuple[str, str], Figures]]:
    sums: dict[tuple[str, str], list[RequestCount]] = {}
    for row in rows:
        sums.setdefault((row.release, row.wave), []).append(row)
    for key, found in sorted(sums.items()):
        buckets = tuple(map(sum, zip(*(row.buckets for row in found), strict=True)))
        if sum(buckets):  # else jobs alone
            yield key, Figures(requests=sum(buckets), errors=sum(row.errors for row in found), buckets=buckets)


def _connections() -> Iterator[Family]:
    open_ones = Family("tillit_database_connections", "gauge", "Connections to this database by what they are at.")
    most = Family("tillit_database_connections_most", "gauge", "How many connections the server allows.")
    with connection.cursor() as cursor:
        cursor.execute(CONNECTIONS)
        found = cursor.fetchall()
    for state, number, _most in found:
        open_ones.add(number, state=state)
    most.add(found[0][2] if found else None)
    yield from (open_ones, most)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
