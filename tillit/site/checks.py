"""What only the composition knows: how old and how long supported the programs are that serve here.

`supported_versions` compares what runs with the dates on which its makers end security updates, as they publish them.
`patch_age` measures when packages were last installed or updated in the environment that runs (the newest `RECORD` of
an installed distribution). It asks nobody outside, so it cannot know whether a newer release exists: an installation
that is brought up to date at least every 45 days passes.
"""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime, timedelta
from importlib.metadata import distributions
from pathlib import Path

import django
from django.conf import settings
from django.db import connection
from django.utils.translation import gettext_noop

from tillit.foundation.checks import Finding
from tillit.foundation.clock import now
from tillit.site.backup import newest

SOON = timedelta(days=90)
PATCHED_WITHIN = timedelta(days=45)
RESTORED_WITHIN = timedelta(days=7)
# The last day of security updates. https://devguide.python.org/versions/ (the end of the month it names),
# https://www.postgresql.org/support/versioning/, https://www.djangoproject.com/download/#supported-versions
ENDS = {
    "Python 3.11": date(2027, 10, 31),
    "Python 3.12": date(2028, 10, 31),
    "Python 3.13": date(2029, 10, 31),
    "Python 3.14": date(2030, 10, 31),
    "PostgreSQL 15": date(2027, 11, 11),
    "PostgreSQL 16": date(2028, 11, 9),
    "PostgreSQL 17": date(2029, 11, 8),
    "PostgreSQL 18": date(2030, 11, 14),
    "Django 5.2": date(2028, 4, 30),
    "Django 6.0": date(2027, 4, 30),
}


def supported_versions() -> Finding:
    """Whether Python, PostgreSQL and Django get security updates for another 90 days."""
    running = [
        f"Python {sys.version_info.major}.{sys.version_info.minor}",
        f"PostgreSQL {_server_version()}",
        f"Django {django.VERSION[0]}.{django.VERSION[1]}",
    ]
    if unknown := [name for name in running if name not in ENDS]:
        sentence = gettext_noop("It is not known how long this is supported: %(programs)s.")
        return Finding(False, sentence, {"programs": ", ".join(unknown)})
    first = min(running, key=lambda name: ENDS[name])
    figures = {"program": first, "until_on": ENDS[first].isoformat()}
    if ENDS[first] - now().date() < SOON:
        return Finding(False, gettext_noop("%(program)s gets security updates until %(until_on)s only."), figures)
    sentence = gettext_noop("%(programs)s get security updates until %(until_on)s at least.")
    return Finding(True, sentence, {"programs": ", ".join(running), "until_on": figures["until_on"]})


def patch_age() -> Finding:
    """Whether the packages that run here were brought up to date within 45 days."""
    newest = datetime.fromtimestamp(max(_installed()), UTC)
    figures = {"days": (now() - newest).days, "since_on": newest.date().isoformat()}
    if now() - newest > PATCHED_WITHIN:
        return Finding(False, gettext_noop("No package was updated since %(since_on)s, for %(days)s days."), figures)
    return Finding(True, gettext_noop("Packages were last updated on %(since_on)s."), figures)


def backup_is_restored() -> Finding:
    """Whether the last backup was restored into another database within a week, and every row and file was the same."""
    last = newest(Path(settings.DATA))
    if not last:
        return Finding(False, gettext_noop("No backup has been made yet."))
    made = datetime.fromisoformat(last["at"])
    if not last["ok"]:
        sentence = gettext_noop("The backup of %(made_on)s could not be relied on (%(step)s).")
        return Finding(False, sentence, {"made_on": made.date().isoformat(), "step": last["step"]})
    figures = {"made_on": made.date().isoformat(), "tables": last["tables"], "rows": last["rows"]}
    if now() - made > RESTORED_WITHIN:
        return Finding(False, gettext_noop("No backup was restored since %(made_on)s."), figures)
    sentence = gettext_noop("The backup of %(made_on)s was restored and compared: %(rows)s rows in %(tables)s tables.")
    return Finding(True, sentence, figures)


def _installed() -> list[float]:
    """When each distribution of the environment was written, in POSIX seconds."""
    records = (file for found in distributions() for file in found.files or () if file.name == "RECORD")
    places = [Path(str(record.locate())) for record in records]
    return [place.stat().st_mtime for place in places if place.exists()]


def _server_version() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        return int(cursor.fetchone()[0]) // 10000
