"""`bin/tillit prober`: measure a Tillit from this host. Needs no installation here."""

from __future__ import annotations

import argparse
from pathlib import Path

from tillit.availability.probes.prober import __main__ as prober

KEY = Path("prober.key")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    prober.add_arguments(parser)


def run(options: argparse.Namespace) -> int:
    return prober.elsewhere(options, options.key or KEY)
