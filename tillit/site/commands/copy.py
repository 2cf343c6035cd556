"""`bin/tillit copy`: write the signed copy of the status page now, and say where it is and by which key it is known."""

from __future__ import annotations

import argparse
import json
import sys

from tillit.availability import queries
from tillit.availability.copies import folder, key
from tillit.availability.copies.actions import write_copy
from tillit.foundation.access import Actor
from tillit.foundation.models import Tenant
from tillit.site import copy_process
from tillit.site.problems import Problem


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="for programs to read")


def run(options: argparse.Namespace) -> int:
    try:
        operator = queries.operating_tenant()
    except Tenant.DoesNotExist as error:
        raise Problem(
            "There is no operator yet, and so nothing to say. Invite one: bin/tillit operator EMAIL"
        ) from error
    number = write_copy(Actor.system(operator))
    found = {
        "number": number,
        "folder": str(folder.place()),
        "served": copy_process.state_of(options.data).get("copy", "by nobody"),
        "key": key.public_key().fingerprint_in_groups,
    }
    if options.json:
        text = json.dumps(found, indent=1)
    else:
        text = "\n".join(f"{name.ljust(8)}  {value}" for name, value in found.items())
    sys.stdout.write(text + "\n")
    return 0
