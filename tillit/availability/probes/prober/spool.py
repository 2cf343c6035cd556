"""What a prober measured and could not deliver yet: in a file, so that neither an outage nor a restart loses it.

Bounded by time and by size. Where it is full the oldest go first: they are the first that nobody would take any more,
and the newest say how it is now. What the service refuses for good is kept in a file beside it, to be looked at.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tillit.foundation import wholefile

MOST = 20_000  # samples: more than the hours for which they are taken
KEPT = timedelta(hours=36)
SLACK = 2_000  # lines of the file that are out of date, before it is written anew
MOST_REFUSED = 1024 * 1024  # bytes of what was refused
Sample = dict[str, Any]


class Spool:
    """Oldest first. A full or forbidden disk loses nothing while the process lives."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.lines = 0  # in the file
        self.waiting: deque[Sample] = deque(self._read(), maxlen=MOST)

    def add(self, samples: Iterable[Sample]) -> None:
        """Keep these; what nobody would take any more goes."""
        new = list(samples)
        self.waiting.extend(new)
        oldest = (datetime.now(UTC) - KEPT).isoformat()
        while self.waiting and self.waiting[0]["at"] < oldest:
            self.waiting.popleft()
        with suppress(OSError), self.place.open("a") as target:
            target.writelines(json.dumps(one) + "\n" for one in new)
            self.lines += len(new)
        if self.lines > len(self.waiting) + SLACK:
            self._write()

    def first(self, number: int) -> list[Sample]:
        return [self.waiting[index] for index in range(min(number, len(self.waiting)))]

    def delivered(self, number: int) -> None:
        for _ in range(number):
            self.waiting.popleft()
        self._write()

    def set_aside(self, complaint: str) -> Sample:
        """Take the oldest out of the way of the others, and keep it with what was said of it."""
        sample = self.waiting.popleft()
        self._write()
        place = self.place.with_suffix(".refused")
        with suppress(OSError), place.open("a") as target:
            if target.tell() < MOST_REFUSED:
                target.write(json.dumps({"refused": complaint, "sample": sample}) + "\n")
        return sample

    def _write(self) -> None:
        with suppress(OSError):
            wholefile.replace(self.place, "".join(json.dumps(one) + "\n" for one in self.waiting).encode())
            self.lines = len(self.waiting)

    def _read(self) -> Iterable[Sample]:
        try:
            lines = self.place.read_text().splitlines()
        except OSError:
            return
        self.lines = len(lines)
        for line in lines:
            with suppress(ValueError):  # the last line of a process that was killed
                found = json.loads(line)
                if isinstance(found, dict) and isinstance(found.get("at"), str):
                    yield found
