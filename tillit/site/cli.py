"""`bin/tillit`: the product's command line, for whoever runs an installation.

A command is a module of `tillit/site/commands/` with `add_arguments(parser)` and `run(options) -> int` (the exit
status), plus its line in `COMMANDS`. When Tillit does not run, the embedded database is started for the duration of a
command that needs one.
"""

from __future__ import annotations

import argparse
import importlib
import keyword
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import django

from tillit.site import runtime
from tillit.site.folder import Claim
from tillit.site.logs import Logs
from tillit.site.preparation import Preparation
from tillit.site.problems import Problem, complain, from_os, note_traceback
from tillit.site.progress import Progress


class Command(NamedTuple):
    help: str
    uses_database: bool = True  # False: quick, without loading the rooms
    needs_installation: bool = True  # False: works where no Tillit was ever started
    runs_another: bool = False  # a command of the operator's, behind `--`


COMMANDS = {
    "agreements": Command("check the texts of agreements in a folder, or make them drafts and publish them"),
    "backup": Command("make a backup, restore it into a database of its own and compare every row"),
    "copy": Command("write the signed copy of the status page now, and say by which key it is known"),
    "import": Command("bring a CSV or XLSX file into a tenant's companies or persons"),
    "operator": Command("invite somebody of the operator's staff, the first one above all"),
    "prober": Command(
        "measure a Tillit from this host; needs no installation", uses_database=False, needs_installation=False
    ),
    "register": Command("put the register into force from a file, compare it, or write it to a file"),
    "release": Command("plan a release, start it wave by wave, hold it, take it back, tell how far it is"),
    "restart": Command("replace every process by one of today's release; no request fails", uses_database=False),
    "state": Command("tell whether Tillit runs, where, and which release", uses_database=False),
    "uptime": Command(
        "reckon the uptime of a month, or of the last 90 days, again from the samples; needs no installation",
        uses_database=False,
        needs_installation=False,
    ),
    "verify": Command(
        "check any Tillit's trust log from outside; needs no installation",
        uses_database=False,
        needs_installation=False,
    ),
    "witness": Command("watch another Tillit's trust log, or take in what witnesses say of ours"),
    "work": Command("run a command as announced work, inside its window or not at all", runs_another=True),
}


def main(arguments: list[str] | None = None) -> int:
    chosen = _parser().parse_args(arguments)
    data: Path = chosen.data.absolute()
    os.umask(0o077)  # as in bin/up
    try:
        return _run(data, chosen.command, chosen.arguments)
    except Problem as problem:
        complain(problem)
    except OSError as error:
        complain(from_os(error, str(data)))
    except KeyboardInterrupt:
        return 130
    except Exception:
        complain(f"Something went wrong that should not have. Details: {note_traceback(data / 'log' / 'tillit.log')}")
    return 1


def _parser() -> argparse.ArgumentParser:
    width = max(len(name) for name in COMMANDS)
    listing = "\n".join(f"  {name.ljust(width)}  {command.help}" for name, command in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="bin/tillit",
        description="Tillit's command line.",
        epilog=f"commands:\n{listing}\n\n`bin/tillit COMMAND --help` tells the rest.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", type=Path, default=runtime.data_folder(), help="data folder (var/)")
    parser.add_argument("command", choices=COMMANDS, metavar="COMMAND")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, metavar="...")
    return parser


def _run(data: Path, name: str, arguments: list[str]) -> int:
    command = COMMANDS[name]
    os.environ["TILLIT_DATA"] = str(data)
    if command.uses_database:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tillit.site.settings")
        django.setup()
    module = importlib.import_module(f"tillit.site.commands.{name}{'_' if keyword.iskeyword(name) else ''}")
    options = read_options(module, name, arguments)
    options.data = data
    if command.needs_installation and not runtime.load(data):
        raise Problem(f"There is no Tillit in {data}. Start one with bin/up, or name its folder: bin/tillit --data DIR")
    if not command.uses_database:
        return int(module.run(options))
    with _database(data):
        return int(module.run(options))


def read_options(module: ModuleType, name: str, arguments: list[str]) -> argparse.Namespace:
    """What was asked of a command; in `another` what stands behind the first `--`, as it was typed."""
    parser = argparse.ArgumentParser(prog=f"bin/tillit {name}", description=COMMANDS[name].help)
    module.add_arguments(parser)
    if not COMMANDS[name].runs_another:
        return parser.parse_args(arguments)
    end = arguments.index("--") if "--" in arguments else len(arguments)
    options = parser.parse_args(arguments[:end])
    options.another = arguments[end + 1 :]
    return options


@contextmanager
def _database(data: Path) -> Iterator[None]:
    """The embedded database runs inside the block: as it does anyway under `bin/up`, or for the block only."""
    if runtime.is_running(data):
        yield
        return
    claim = Claim(data)
    cluster = Preparation(data, logs=Logs(data / "log"), progress=Progress()).cluster
    try:
        if cluster is not None:
            cluster.start()
        yield
    finally:
        if cluster is not None:
            cluster.stop()
        claim.release()


if __name__ == "__main__":
    sys.exit(main())
