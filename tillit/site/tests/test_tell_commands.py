"""Whoever runs an installation finds every command, with what it does, in the help and on one page."""

import os
import subprocess
import sys

import pytest

from tillit.site.cli import COMMANDS
from tillit.site.runtime import ROOT


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


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_explains_itself(name):
    done = bin_tillit(name, "--help")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"usage: bin/tillit {name} ")
