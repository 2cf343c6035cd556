"""What was measured: samples of a day, minutes of a month, and what stands beside them to reckon them again."""

from __future__ import annotations

import gzip
from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import fields
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from dateutil.relativedelta import relativedelta
from django.conf import settings
from django.db.models import Count, Max, QuerySet, Sum
from django.db.models.functions import TruncMonth
from django.utils.translation import gettext as _

from tillit.availability import statuspage
from tillit.availability.models import Component, MaintenanceWindow
from tillit.availability.probes.arithmetic import Counts, formula_of
from tillit.availability.probes.models import Prober, Sample, SampleDay, UptimeDay
from tillit.availability.probes.plan import PROBES, probes_of
from tillit.foundation.clock import now
from tillit.foundation.mail import own_address
from tillit.foundation.mailbox import known_mailbox
from tillit.foundation.models import Tenant

Json = dict[str, Any]
DAY = timedelta(days=1)
SHOWN_DAYS = 90
LATEST = 3 * DAY  # before today: what is older is closed (`actions.days`) and packed
SHOWN_MONTHS = 24  # of each older one its own file tells
OKS = {True: "1", False: "0", None: ""}


def probe_tenant() -> Tenant | None:
    return Tenant.objects.filter(kind=Tenant.Kind.PROBE).first()


def why_no_mail_in() -> str:
    """Why nobody can ask whether mail comes in, as a sentence; "" where it can be asked."""
    if not settings.SMTP_URL:
        return _("No relay is named (TILLIT_SMTP_URL), so no letter can be sent to the mailbox.")
    if not settings.IMAP_URL:
        return _("No mailbox is named (TILLIT_IMAP_URL).")
    return "" if own_address() else _("The mailbox's address is not known (TILLIT_MAIL_IN).")


def mailbox_error() -> str:
    """Why the mailbox could not be read last, as a sentence; "" where it could."""
    box = known_mailbox()
    return box.error if box else ""


def measured_wave() -> str:
    """The wave in which the probes' own tenant is upgraded: maintenance of another one is not theirs."""
    tenant = probe_tenant()
    return tenant.wave if tenant else ""


def measured_regions() -> list[str]:
    return list(Prober.objects.order_by("region").values_list("region", flat=True).distinct())


def measured_components() -> dict[str, list[str]]:
    """Every part in service, with the probes that have to prove it."""
    return {one.slug: list(probes_of(one.slug, one.probes)) for one in Component.objects.in_service()}


def slots() -> dict[str, int]:
    return {name: probe.slot for name, probe in PROBES.items()}


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def open_lines(day: date) -> Iterator[str]:
    """The samples of a day that is not closed yet, as they are downloaded."""
    rows = Sample.objects.filter(at__gte=midnight(day), at__lt=midnight(day) + DAY, probe__in=PROBES)
    rows = rows.order_by("at", "probe", "prober_id")
    for at, probe, prober, region, ok, took, what in rows.values_list(
        "at", "probe", "prober__name", "prober__region", "ok", "milliseconds", "what"
    ).iterator():
        yield f"{statuspage.moment(at)},{probe},{prober},{region},{OKS[ok]},{'' if took is None else took},{what}"


def packed(lines: Iterable[str]) -> bytes:
    return gzip.compress("".join(f"{line}\n" for line in lines).encode(), 6, mtime=0)


def is_open(day: date) -> bool:
    """Whether its samples may still change. Days are closed in their order, and long after that leave the database."""
    return not SampleDay.objects.filter(day__gte=day).exists()


def whole_months() -> list[str]:
    """Months that are over and of which every day that was reckoned is still kept, the oldest first."""
    kept, reckoned = (_days_by_month(days) for days in (SampleDay.objects.all(), UptimeDay.objects.all()))
    whole = [month for month, (days, last) in kept.items() if (days, last) == reckoned.get(month)]
    return [f"{month:%Y-%m}" for month in sorted(whole) if kept[month][1].day == monthrange(month.year, month.month)[1]]


def _days_by_month(days: QuerySet[Any]) -> dict[date, tuple[int, date]]:
    """How many days there are of a month, and the last of them."""
    found = days.order_by().annotate(month=TruncMonth("day")).values_list("month")
    counted = found.annotate(days=Count("day", distinct=True), last=Max("day"))
    return {month: (number, last) for month, number, last in counted}


def windows_between(start: datetime, end: datetime) -> list[MaintenanceWindow]:
    """Those that stood, earliest first; `ends_at` is when they really ended."""
    standing = MaintenanceWindow.objects.standing().filter(starts_at__lt=end, ends_at__gt=start)
    found = list(standing.order_by("starts_at", "id"))
    for window in found:
        window.ends_at = min(window.ends_at, window.completed_at or window.ends_at)
    return found


def window_as_json(window: MaintenanceWindow) -> Json:
    return {
        "id": window.pk,
        "starts_at": statuspage.moment(window.starts_at),
        "ends_at": statuspage.moment(window.ends_at),
        "announced_at": statuspage.moment(window.announced_at),
        "effect": window.effect,
        "components": window.components,
        "region": window.region or None,
        "wave": window.wave or None,
    }


def frame_of(day: date) -> Json:
    """What holds for a day, as of now: with its samples that is all a reckoning needs (`reckoning.read_frame`)."""
    windows = windows_between(midnight(day), midnight(day) + DAY)
    return {
        "components": measured_components(),
        "slots": slots(),
        "regions": measured_regions(),
        "wave": measured_wave(),
        "windows": [window_as_json(window) for window in windows],
    }


def first_and_last(month: str) -> tuple[date, date]:
    """The days of `2026-11`, up to today. Raises ValueError for what is no month."""
    first = date.fromisoformat(f"{month}-01")
    last = (first.replace(day=28) + timedelta(days=4)).replace(day=1) - DAY
    return first, min(last, now().astimezone(UTC).date())


def beside(month: str) -> Json:
    """What has to be known to reckon a month again from its samples, and what we reckoned.

    Of a closed day: what was true when it was closed. Days closed before that was kept are told as of now.
    """
    first, last = first_and_last(month)
    rows = _rows(first, last)
    return {
        "month": month,
        "formula": formula_of(month),
        "days": _days(rows, first, last),
        "uptime": [_told(key, counts) for key, counts in _sums(rows).items()],
    }


def _rows(first: date, last: date) -> list[UptimeDay]:
    return list(UptimeDay.objects.filter(day__range=(first, last)).order_by("day", "component", "region"))


def _days(rows: list[UptimeDay], first: date, last: date) -> list[Json]:
    """What has to be known of each of these days to reckon it again."""
    minutes = {row.day: row.up + row.down + row.unknown for row in rows}
    closed = {one.day: one for one in SampleDay.objects.filter(day__range=(first, last)).defer("body")}
    present = frame_of(last) | {"windows": [window_as_json(one) for one in _windows_of(first, last)]}
    days = []
    for day, number in sorted(minutes.items()):
        kept = closed.get(day)
        regions = sorted({row.region for row in rows if row.day == day})  # a place that joined later changes nothing
        frame = present | {"regions": regions} | (kept.frame if kept else {})
        days.append(
            {"day": day.isoformat(), "minutes": number, "closed": kept is not None, "sha256": kept and kept.sha256}
            | (frame | {"components": kept.components, "slots": kept.slots} if kept else frame)
            | {"windows": [one for one in frame["windows"] if touches(one, day)]}
        )
    return days


def _windows_of(first: date, last: date) -> list[MaintenanceWindow]:
    return windows_between(midnight(first), midnight(last) + DAY)


def touches(window: Json, day: date) -> bool:
    """Whether a window, as it is told, has a moment in this day."""
    return bool(
        window["starts_at"] < statuspage.moment(midnight(day) + DAY)
        and window["ends_at"] > statuspage.moment(midnight(day))
    )


def uptimes() -> Json:
    """Both uptimes of every part and region: the last 90 days, and each of the newest months.

    `latest`: of the days that the file of their month may not hold for good yet, what stands beside a day there.
    """
    today = now().astimezone(UTC).date()
    first, latest = today.replace(day=1) - relativedelta(months=SHOWN_MONTHS - 1), today - LATEST
    by_month = UptimeDay.objects.filter(day__gte=first).annotate(month=TruncMonth("day"))
    months: dict[date, dict[tuple[str, str], Counts]] = defaultdict(dict)
    for month, component, region, *minutes in _summed(by_month, "month"):
        months[month][component, region] = Counts(*minutes)
    return {
        "days": SHOWN_DAYS,
        "since": _shown_since().isoformat(),
        "uptime": [_told(key, counts) for key, counts in recent_sums().items()],
        "latest": _days(_rows(latest, today), latest, today),
        "months": [
            {
                "month": f"{month:%Y-%m}",
                "formula": formula_of(f"{month:%Y-%m}"),
                "samples": f"/status/samples/{month:%Y-%m}.csv",
                "uptime": [_told(key, counts) for key, counts in found.items()],
            }
            for month, found in sorted(months.items(), reverse=True)
        ],
    }


def recent_sums() -> dict[tuple[str, str], Counts]:
    """Part and region -> minutes of the last 90 days, added up by the database."""
    rows = _summed(UptimeDay.objects.filter(day__gte=_shown_since()))
    return {(component, region): Counts(*minutes) for component, region, *minutes in rows}


def recent_days() -> dict[tuple[str, str], dict[date, Counts]]:
    """Part and region -> day -> minutes, of the last 90 days."""
    found: dict[tuple[str, str], dict[date, Counts]] = defaultdict(dict)
    for row in UptimeDay.objects.filter(day__gte=_shown_since()).order_by("component", "region", "day"):
        found[(row.component, row.region)][row.day] = row.counts
    return dict(found)


def _shown_since() -> date:
    return now().astimezone(UTC).date() - timedelta(days=SHOWN_DAYS - 1)


def _summed(days: QuerySet[UptimeDay], *by: str) -> Iterable[tuple[Any, ...]]:
    """What the days are grouped by, part, region, and their minutes in the order of `Counts`."""
    keys = (*by, "component", "region")
    sums = {f"sum_{one.name}": Sum(one.name) for one in fields(Counts)}
    return days.order_by(*keys).values(*keys).annotate(**sums).values_list(*keys, *sums)


def _sums(rows: Iterable[UptimeDay]) -> dict[tuple[str, str], Counts]:
    sums: dict[tuple[str, str], Counts] = defaultdict(Counts)
    for row in rows:
        sums[(row.component, row.region)] += row.counts
    return dict(sums)


def _told(key: tuple[str, str], counts: Counts) -> Json:
    return {
        "component": key[0],
        "region": key[1],
        "raw": counts.raw,
        "contractual": counts.contractual,
        "measured": counts.measured,
        "minutes": {
            "up": counts.up,
            "down": counts.down,
            "unknown": counts.unknown,
            "excused": counts.excused,
            "contractual_up": counts.due_up,
            "contractual_down": counts.due_down,
        },
    }
