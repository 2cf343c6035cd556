"""What the figures were measured on, and how busy it was: others may have been at work at the same time."""

from __future__ import annotations

import os
import platform
import statistics
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

PROBES = 15
TURNS = 500_000
GLANCE = 0.3  # seconds
QUIET = 0.65  # share of the processors that is idle


def facts() -> dict[str, Any]:
    """Processor, memory, Python and the date."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "processor": _processor(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "system": f"{platform.system()} {platform.release()}",
        "python": sys.version.split()[0],
    }


def noise() -> dict[str, float]:
    """How busy the machine is now: load of the last minute, and a fixed loop, fastest and median of fifteen (ms)."""
    times = sorted(_probe() for _ in range(PROBES))
    return {
        "load": round(os.getloadavg()[0], 2),
        "loop_fastest_ms": round(times[0], 1),
        "loop_median_ms": round(statistics.median(times), 1),
    }


def peak_memory(pid: int) -> float:
    """The most memory the process ever held, in MB; 0 where the system does not tell."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0.0)


def children_running(parent: int, module: str) -> list[int]:
    """The children of a process that run this module; none where the system does not tell."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            of = (place / "stat").read_text().rpartition(")")[2].split()[1]
            if of == str(parent) and module in (place / "cmdline").read_text().replace("\0", " ").split():
                found.append(int(place.name))
        except OSError:
            continue  # ended meanwhile
    return found


def processor_time(pids: Iterable[int]) -> float:
    """Seconds of processor these processes have used; less disturbed by others at work than the clock."""
    ticks = 0
    for pid in pids:
        with suppress(OSError):  # ended meanwhile
            columns = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(columns[11]) + int(columns[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def wait_for_quiet(patience: float) -> None:
    """Until others leave most of the processor idle, at most so many seconds."""
    deadline = time.monotonic() + patience
    while patience and time.monotonic() < deadline:
        before = _idle()
        time.sleep(GLANCE)
        after = _idle()
        if before is None or after is None or after - before >= QUIET * GLANCE * (os.cpu_count() or 1):
            return


def _idle() -> float | None:
    """Seconds all processors together have been idle; None where the system does not tell."""
    try:
        columns = Path("/proc/stat").read_text().split("\n", 1)[0].split()
    except OSError:
        return None
    return (int(columns[4]) + int(columns[5])) / os.sysconf("SC_CLK_TCK")


def _probe() -> float:
    began = time.perf_counter()
    for _ in range(TURNS):
        pass
    return (time.perf_counter() - began) * 1000


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
