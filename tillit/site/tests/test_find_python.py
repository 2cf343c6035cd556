"""The commands of `bin/` find a Python that is new enough, or say what is missing."""

import os
import subprocess
import sys

import pytest

from tillit.site.runtime import ROOT


def python_of_old(folder, version):
    """A `python3` that answers as an older one would."""
    fake = folder / "python3"
    fake.write_text(f'#!/bin/sh\nprintf "{version} "\n')
    fake.chmod(0o755)
    return fake


def run(command, **environment):
    return subprocess.run(
        ["/bin/sh", ROOT / "bin" / command, "--help"], env=environment, capture_output=True, text=True, timeout=60
    )


def tools(folder):
    """A PATH with what a shell script needs and no Python."""
    for name in ("dirname", "sh"):
        found = next(place for place in ("/usr/bin", "/bin") if os.path.exists(f"{place}/{name}"))
        (folder / name).symlink_to(f"{found}/{name}")
    return str(folder)


@pytest.mark.parametrize("command", ["up", "test", "check", "bench", "tillit"])
def test_an_old_python_is_refused_with_a_sentence(tmp_path, command):
    python_of_old(tmp_path, "3.8")
    done = run(command, PATH=tools(tmp_path))
    assert done.returncode == 1
    assert done.stderr.startswith("Tillit needs Python 3.11 or newer (python3 is version 3.8). Install it, or name it")
    assert len(done.stderr.splitlines()) == 1


def test_no_python_at_all_is_told(tmp_path):
    done = run("up", PATH=tools(tmp_path))
    assert done.returncode == 1
    assert "Tillit needs Python 3.11 or newer (none was found)" in done.stderr


def test_a_python_that_was_named_is_not_replaced_by_another(tmp_path):
    named = python_of_old(tmp_path, "2.7")
    done = run("up", PATH=os.environ["PATH"], PYTHON=str(named))
    assert done.returncode == 1
    assert f"{named} is version 2.7" in done.stderr


def test_a_newer_python_beside_an_old_one_is_taken(tmp_path):
    python_of_old(tmp_path, "3.8")
    (tmp_path / "python3.11").symlink_to(sys.executable)
    done = run("up", PATH=tools(tmp_path), HOME=os.environ.get("HOME", "/"))
    assert done.returncode == 0, done.stderr
    assert "usage: bin/up" in done.stdout
