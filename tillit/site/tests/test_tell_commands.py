"""Whoever runs an installation finds every command, with what it does, in the help and on one page."""

import json
import os
import subprocess
import sys

import pytest

from tillit.site.cli import COMMANDS
from tillit.site.runtime import ROOT

EXPLAIN = """
import contextlib, io, json
from tillit.site.cli import COMMANDS, main
told = {}
for name in sorted(COMMANDS, key=lambda name: COMMANDS[name].uses_database):  # what needs no rooms meets none loaded
    with contextlib.redirect_stdout(io.StringIO()) as said:
        try:
            status = main([name, "--help"])
        except SystemExit as end:
            status = end.code
    told[name] = [status, said.getvalue()]
print(json.dumps(told))
"""


def bin_tillit(*options):
    line = [sys.executable, "-P", "-m", "tillit.site.cli", *options]
    return subprocess.run(line, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True)


def test_the_help_names_every_command():
    done = bin_tillit("--help")
    assert done.returncode == 0
    assert [name for name, command in COMMANDS.items() if command.help not in done.stdout] == []


@pytest.mark.parametrize("page", ["docs/running.md", "tillit/site/README.md"])
def test_the_pages_name_every_command(page):
    lines = (ROOT / page).read_text().splitlines()
    rows = "\n".join(line for line in lines if line.startswith("|"))
    assert [name for name in COMMANDS if f"`{name}" not in rows] == []


@pytest.fixture(scope="module")
def explained():
    """What every command says of itself, in one process: each of its own would load all rooms again."""
    line = [sys.executable, "-P", "-c", EXPLAIN]
    done = subprocess.run(line, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_explains_itself(explained, name):
    status, said = explained[name]
    assert status == 0
    assert said.startswith(f"usage: bin/tillit {name} ")
