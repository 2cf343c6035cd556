"""`bin/tillit witness`: watch another log and say that it continued; or take in what others say of ours.

Exit status: 0 when all is well, 1 when a log contradicts itself or something was refused, 2 when it was not reached.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tillit.foundation.access import Actor
from tillit.foundation.errors import Refused
from tillit.foundation.models import Tenant
from tillit.site.problems import Problem
from tillit.trust.proof.actions.witness import know_witness, take_cosignatures
from tillit.trust.proof.fetching import Unreachable
from tillit.trust.proof.notes import LONGEST_NOTE
from tillit.trust.proof.queries.witness import address_of
from tillit.trust.proof.watching import watch

WELL, WRONG, UNKNOWN = 0, 1, 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("url", nargs="?", help="watch the log of this Tillit; from now on it is looked at every hour")
    what.add_argument("--know", metavar="VKEY", help="show this witness's cosignatures of our own log")
    what.add_argument("--add", type=Path, metavar="FILE", help="take in a cosigned checkpoint of ours")


def run(options: argparse.Namespace) -> int:
    operator = Tenant.objects.filter(kind=Tenant.Kind.OPERATOR).first()
    if operator is None:
        raise Problem("There is no operator yet. Start bin/up once.")
    actor = Actor.system(operator)
    try:
        if options.know:
            _say(f"{know_witness(actor, vkey=options.know).name} is known as a witness.")
            return WELL
        if options.add:
            with options.add.open("rb") as file:
                taken = take_cosignatures(actor, note=file.read(LONGEST_NOTE + 1))
            _say(*(f"{one.witness.name} has cosigned {one.checkpoint.size} entries." for one in taken))
            return WELL
        return _watch(actor, options.url)
    except Refused as refusal:
        sys.stderr.write(f"{refusal}\n")
        return WRONG
    except Unreachable as error:
        sys.stderr.write(f"Not watched: {error}.\n")
        return UNKNOWN


def _watch(actor: Actor, url: str) -> int:
    found = watch(actor, url)
    where = f"/trust/witness/{address_of(found.log.origin)}"
    if found.contradiction:
        sys.stderr.write(
            f"{found.log.origin} CONTRADICTS ITSELF: {found.contradiction}.\n"
            f"Nothing was cosigned. Both checkpoints are kept as evidence and published at {where}/evidence\n"
        )
        return WRONG
    _say(f"{found.log.origin}: {found.log.size} entries, cosigned and published at {where}")
    if not found.told:
        _say(f"The log did not take it: its operator may not know us yet. Our key: {found.log.cosigner}")
    return WELL


def _say(*lines: str) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)
