"""`bin/tillit uptime`: both uptimes of a month, or those of the last 90 days, reckoned again from the samples.

Exit status: 0 when the published figures are the same to the last digit, 1 when they are not, 2 when it could not be
reckoned.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import httpx

from tillit.availability.probes.arithmetic import Counts, formula_of
from tillit.availability.probes.reckoning import again

SAME, DIFFERENT, UNKNOWN = 0, 1, 2
PATIENCE = 120.0

Published = list[dict[str, Any]]
Sums = dict[tuple[str, str], Counts]  # by part and region


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "place",
        metavar="URL|FILE",
        help="…/status/samples/2026-11.csv, with 2026-11.json beside it; or …/status/uptime.json for the last 90 days, "
        "with samples/ beside it",
    )


def run(options: argparse.Namespace) -> int:
    place = str(options.place)
    if not place.endswith((".csv", "uptime.json")):
        sys.stderr.write("Name the samples of a month, …/2026-11.csv, or …/uptime.json for the last 90 days\n")
        return UNKNOWN
    try:
        what, published, found = (of_month if place.endswith(".csv") else of_days)(place)
    except FileNotFoundError as error:
        sys.stderr.write(f"Not reckoned: {missing(Path(error.filename))}\n")
        return UNKNOWN
    except (OSError, httpx.HTTPError, ValueError, KeyError, TypeError, IndexError) as error:
        sys.stderr.write(f"Not reckoned: {type(error).__name__}: {error}\n")
        return UNKNOWN
    sys.stdout.write(f"{what}\n")
    lines = compare(published, found)
    sys.stdout.writelines(f"{line}\n" for line in lines)
    differs = any(line.startswith("!") for line in lines)
    sys.stdout.write("Published otherwise.\n" if differs else "The published figures are the same.\n")
    return DIFFERENT if differs else SAME


def of_month(place: str) -> tuple[str, Published, Sums]:
    """What was reckoned, what is published of it, and what we found."""
    beside = json.loads(read(f"{place.removesuffix('.csv')}.json"))
    lines = read(place).splitlines()
    what = f"{beside['month']}, formula {formula_of(beside['month'])}, {len(lines)} lines"
    return what, beside["uptime"], again(beside, lines)


def of_days(place: str) -> tuple[str, Published, Sums]:
    """The same of the days the status page shows: from the files of their months, the latest from their own."""
    told, samples = json.loads(read(place)), f"{place.removesuffix('uptime.json')}samples/"
    latest = {one["day"]: [one] for one in told["latest"]}
    days: dict[str, list[Any]] = {}  # by the name of their file
    for month in sorted(one["month"] for one in told["months"]):
        if month >= told["since"][:7] and f"{month}-01" < min(latest, default="9999"):
            kept = json.loads(read(f"{samples}{month}.json"))["days"]
            days[month] = [one for one in kept if one["day"] >= told["since"] and one["day"] not in latest]
    found: Sums = defaultdict(Counts)
    for name, known in (days | latest).items():
        for key, counts in again({"days": known}, read(f"{samples}{name}.csv").splitlines()).items():
            found[key] += counts
    return f"{told['days']} days since {told['since']}", told["uptime"], dict(found)


def compare(published: Published, found: Sums) -> list[str]:
    """A line for each part and region; with an exclamation mark where other figures are published."""
    said = {(one["component"], one["region"]): (one["raw"], one["contractual"]) for one in published}
    lines = []
    for key in sorted(said.keys() | found.keys()):
        counts = found.get(key, Counts())
        ours = (counts.raw, counts.contractual)
        mark = " " if said.get(key) == ours else "!"
        figures = (
            f"raw {_figure(counts.raw)}  contractual {_figure(counts.contractual)}  measured {_figure(counts.measured)}"
        )
        lines.append(f"{mark} {key[0]:<16} {key[1]:<12} {figures}")
    return lines


def missing(file: Path) -> str:
    """What to do about a file that is not there, whatever the samples beside it are called."""
    if file.suffix != ".json":
        return f"{file} is missing. Its samples are at /status/samples/<month>.csv of the service."
    samples = file.with_suffix(".csv")
    first = samples.read_text().splitlines()[1:2] if samples.is_file() else []
    month = first[0][:7] if first else "<month>"
    return f"{file} is missing. Fetch /status/samples/{month}.json from the service, and keep it beside {samples.name}."


def read(place: str) -> str:
    """From the net or from a file. Raises OSError or httpx.HTTPError."""
    if not place.startswith(("http://", "https://")):
        return Path(place).read_text()
    answer = httpx.get(place, timeout=PATIENCE)
    answer.raise_for_status()
    return answer.text


def _figure(percent: str | None) -> str:
    return f"{percent} %" if percent else "not measured"
