"""What `bin/bench` can be asked."""

from __future__ import annotations

import argparse
from pathlib import Path

from tillit.site.runtime import ROOT

PERSONS = 100_000
PERSONS_PER_COMPANY = 10
GROWTH = (10_000, 100_000, 1_000_000)
GROWING = ("list", "search")  # measured at every stage of growth
PARTS = ("list", "search", "open", "create", "api", "trust", "import")


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """The options; `growth` holds the stages, none unless asked for, and `persons` what the tenant has in the end."""
    options = _parser().parse_args(arguments)
    options.data = options.data.absolute()
    if options.growth is None:
        options.growth, options.only = [], options.only or list(PARTS)
        options.persons = options.persons or PERSONS * options.scale
    else:
        options.growth, options.only = sorted(options.growth or GROWTH), options.only or list(GROWING)
        options.persons = options.growth[-1]
    return options


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bin/bench",
        description="Measure Tillit beside the bare database, in a data folder of its own.",
        epilog="`bin/bench broker` measures the egress broker beside direct connections, `bin/bench restart` what"
        " people notice of a restart.",
    )
    parser.add_argument("--scale", type=_positive, default=1, help=f"times {PERSONS:,} persons (1)")
    parser.add_argument("--persons", type=_positive, help="so many persons, a tenth as many companies")
    parser.add_argument("--growth", type=_counts, nargs="?", const=(), help="list and search while a tenant grows")
    parser.add_argument("--only", type=_parts, help=f"some of {','.join(PARTS)}")
    parser.add_argument("--clients", type=_counts, default=(1, 8), help="how many at a time (1,8)")
    parser.add_argument("--seconds", type=float, default=2.0, help="length of a round (2)")
    parser.add_argument("--rounds", type=_positive, default=3, help="the median of so many rounds is told (3)")
    parser.add_argument("--patience", type=float, default=3.0, help="seconds to wait for a quiet machine (3)")
    parser.add_argument("--data", type=Path, default=ROOT / "var" / "bench", help="data folder (var/bench)")
    parser.add_argument("--keep", action="store_true", help="leave the data there; bin/up --data DIR opens them")
    parser.add_argument("--json", type=Path, help="write the figures there too (always in DIR/bench.json)")
    parser.add_argument("--port", type=int, default=0, help="port of the measured Tillit (a free one)")
    parser.add_argument("--strict", action="store_true", help="exit status 2 when an aim is missed")
    return parser


def _positive(text: str) -> int:
    if not text.isdigit() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no number above zero")
    return int(text)


def _counts(text: str) -> tuple[int, ...]:
    return tuple(_positive(part.strip().replace("_", "")) for part in text.split(","))


def _parts(text: str) -> list[str]:
    wanted = [part.strip() for part in text.split(",")]
    unknown = [part for part in wanted if part not in PARTS]
    if unknown:
        raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: choose from {', '.join(PARTS)}")
    return wanted
