"""`bin/tillit state`: whether this installation runs and can serve. Exit status 0 when it does, 3 when not."""

from __future__ import annotations

import argparse
import json
import sys
import urllib.error
import urllib.request
from typing import Any

from tillit.site import copy_process, runtime

STOPPED = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="for programs to read")


def run(options: argparse.Namespace) -> int:
    facts = runtime.installation(options.data)
    found: dict[str, Any] = {
        "data": str(options.data),
        "release": facts.get("release", ""),
        "database": "external" if facts.get("external") else "embedded",
        "demo": facts.get("demo", "none"),
        "running": runtime.is_running(options.data),
    }
    if found["running"]:
        now = runtime.running(options.data)
        found |= {"pid": now["pid"], "url": now["url"], "since": now["since"]}
        found["ready"] = _ready(now, facts["base_host"])
    found |= copy_process.state_of(options.data)
    if options.json:
        text = json.dumps(found, indent=1)
    else:
        text = "\n".join(f"{name.ljust(10)}  {_word(value)}" for name, value in found.items())
    sys.stdout.write(text + "\n")
    return 0 if found.get("ready") else STOPPED


def _word(value: object) -> object:
    return {True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else value


def _ready(now: dict[str, Any], base_host: str) -> bool:
    """Whether a web worker answers and reaches the database."""
    address = f"[{now['address']}]" if ":" in now["address"] else now["address"]
    request = urllib.request.Request(f"http://{address}:{now['port']}/readyz", headers={"Host": base_host})
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310 - our own address
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False
