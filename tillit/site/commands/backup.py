"""`bin/tillit backup`: make a backup, restore it into a database of its own, and compare every row.

Exit status 0 when the backup was restored and equals what was dumped, 1 when not. Where `bin/up` runs, it does the same
once a night; this is for «now», and for a database of one's own (`TILLIT_DATABASE_URL`, a superuser).
"""

from __future__ import annotations

import argparse
import json
import sys

from tillit.site.backup import FOLDER, back_up
from tillit.site.logs import Logs
from tillit.site.preparation import Preparation
from tillit.site.problems import Problem
from tillit.site.progress import Progress


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="for programs to read")


def run(options: argparse.Namespace) -> int:
    preparation = Preparation(options.data, logs=Logs(options.data / "log"), progress=Progress())
    if preparation.cluster is None and not preparation.url:
        raise Problem("The database is not Tillit's own. Name its administrator in TILLIT_DATABASE_URL.")

    def say(line: str) -> None:
        if not options.json:
            sys.stdout.write(f"{line} ...\n")
            sys.stdout.flush()

    proof = back_up(options.data, preparation.administrator(), say=say)
    if options.json:
        sys.stdout.write(json.dumps(proof, indent=1) + "\n")
    else:
        text = "Restored and compared: {tables} tables, {rows} rows, {files} files. It lies in " + str(
            options.data / FOLDER
        )
        sys.stdout.write(text.format(**proof) + "\n")
    return 0
