"""Months of samples as they are downloaded: `samples/2026-10.csv.gz` of the data folder, and `2026-10.json` beside it.

Packed by the clock and once, not with every download. What is missing is made again, as long as all of it is in the
database as well; after that the files are all there is, and stay for good: samples are of machines, not of persons. The
two files of a month belong together, so a reckoning again meets the samples the figures were made of.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path

from django.conf import settings

from tillit.availability.probes import queries
from tillit.availability.probes.models import SampleDay
from tillit.availability.probes.reckoning import HEADER
from tillit.foundation import wholefile

EFFORT = 4  # of gzip: a month of one prober is packed in half a second
PIECE = 256 * 1024


def samples_of(month: str) -> Path:
    return Path(settings.DATA) / "samples" / f"{month}.csv.gz"


def beside(month: str) -> Path:
    return Path(settings.DATA) / "samples" / f"{month}.json"


def is_packed(month: str) -> bool:
    return samples_of(month).exists() and beside(month).exists()


def months() -> list[str]:
    """Every month that can be downloaded with what stands beside it, the newest first."""
    found = (place.name.removesuffix(".csv.gz") for place in samples_of("any").parent.glob("????-??.csv.gz"))
    return sorted((month for month in found if is_packed(month)), reverse=True)


def pack(month: str, still_open: Mapping[date, list[str]]) -> None:
    """Both files of a month, each in one step. `still_open`: the lines of its days that are not closed.

    Raises OSError. What stands beside comes last: until it is there, the month is packed again.
    """
    place = samples_of(month)
    place.parent.mkdir(mode=0o700, exist_ok=True)
    wholefile.sweep(place.parent)
    with wholefile.replacing(place) as draft, gzip.GzipFile("", "wb", EFFORT, draft, mtime=0) as packed:
        for part in _parts(month, still_open):
            packed.write(part)
    wholefile.replace(beside(month), json.dumps(queries.beside(month), ensure_ascii=False).encode())


def held(month: str) -> dict[str, str]:
    """The days that the file of a month holds for good (`2026-11-24`), each with the SHA-256 of its lines.

    None of a month that is not over: its file is written anew from the database.
    """
    days = json.loads(beside(month).read_bytes())["days"] if is_packed(month) else []
    return {one["day"]: one["sha256"] for one in days} if all(one["closed"] for one in days) else {}


def lines_on(day: date) -> bytes:
    """Of a day that is in the file of its month alone; nothing where there is none."""
    place, beginning = samples_of(f"{day:%Y-%m}"), f"{day}T".encode()
    if not place.exists():
        return b""
    with gzip.open(place) as source:
        return b"".join(line for line in source if line.startswith(beginning))


def unpacked(place: Path) -> Iterator[bytes]:
    """For the few who take nothing packed."""
    with gzip.open(place) as source:
        while piece := source.read(PIECE):
            yield piece


def lines_of(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def _parts(month: str, still_open: Mapping[date, list[str]]) -> Iterator[bytes]:
    yield lines_of([HEADER])
    day, last = queries.first_and_last(month)
    while day <= last:
        if day in still_open:
            yield lines_of(still_open[day])
        elif body := SampleDay.objects.filter(day=day).values_list("body", flat=True).first():
            yield gzip.decompress(body)
        day += queries.DAY
