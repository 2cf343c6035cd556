"""`bin/tillit verify`: check any Tillit's trust log from outside, or a copy of it that was saved.

Exit status: 0 when everything holds, 1 when something is not as it must be, 2 when it could not be checked.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from urllib.parse import urlsplit

from tillit.trust.proof import remembering
from tillit.trust.proof.fetching import Folder, Saving, Site, Source, Unreachable
from tillit.trust.proof.verifying import Report, verify

WELL, WRONG, UNKNOWN = 0, 1, 2
SHOWN = 40  # problems


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("place", metavar="URL|FOLDER", help="https://cloud.example, or what --save has written")
    parser.add_argument("--state", type=Path, help="file that remembers this visit, so that the next one sees changes")
    parser.add_argument("--save", type=Path, metavar="FOLDER", help="keep everything that was read")
    parser.add_argument("--witness", action="append", default=[], metavar="VKEY", help="ask for this cosignature")
    parser.add_argument("--json", action="store_true", help="for programs to read")


def run(options: argparse.Namespace) -> int:
    try:
        before = remembering.read(options.state) if options.state else None
        report, after = verify(_source(options), before, options.witness)
    except Unreachable as error:
        _say_unknown(str(error), options)
        return UNKNOWN
    if options.state:
        remembering.write(options.state, after)
    if options.json:
        sys.stdout.write(json.dumps({"well": report.is_well} | asdict(report), ensure_ascii=False, indent=1) + "\n")
    else:
        sys.stdout.writelines(f"{_readable(line)}\n" for line in _lines(report, before))
    return WELL if report.is_well else WRONG


def _source(options: argparse.Namespace) -> Source:
    is_address = urlsplit(options.place).scheme in ("http", "https")
    if not is_address and Path(options.place).exists():
        return Folder(Path(options.place))
    site = Site(options.place)
    return Saving(site, options.save) if options.save else site


def _say_unknown(sentence: str, options: argparse.Namespace) -> None:
    if options.json:
        sys.stdout.write(json.dumps({"well": None, "error": sentence}, ensure_ascii=False) + "\n")
    else:
        sys.stderr.write(f"Not checked: {_readable(sentence)}.\n")


def _readable(line: str) -> str:
    """What another server said must not steer the terminal it is shown on."""
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in line)


def _lines(report: Report, before: remembering.Remembered | None) -> list[str]:
    lines = [
        f"{report.source}: the log {report.origin} with {report.size} entries",
        f"  root      {report.root}",
        *(f"  key       {key}" for key in report.keys),
        *(f"  witness   {name}" for name in report.cosigned_by),
    ]
    if report.erased:
        lines.append(f"  erased    {report.erased} contents; their entries are still in the tree")
    if not report.is_well:
        places = "place" if len(report.problems) == 1 else "places"
        lines += [f"Wrong in {len(report.problems)} {places}:", *(f"  {one.text}" for one in report.problems[:SHOWN])]
        if len(report.problems) > SHOWN:
            lines.append(f"  and {len(report.problems) - SHOWN} more; --json tells all")
        return lines
    since = f" It continues the {before.size} entries of {before.seen_at[:10]}." if before else ""
    pages = f" {report.compared} public entries say what the log says." if report.compared else ""
    return [*lines, f"All is well: signature, tree and contents fit.{since}{pages}"]
