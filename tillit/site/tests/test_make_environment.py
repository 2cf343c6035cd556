"""What Tillit runs from is compiled once, so that a restart does not do it for every process."""

import importlib.util
import os
import subprocess
from pathlib import Path

import django
import pytest

from tillit.site import environment


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    tmp_path = tmp_path / "tests" / "checkout"  # where it lies says nothing about what is in it
    code = tmp_path / "tillit" / "crm"
    code.mkdir(parents=True)
    (code / "actions.py").write_text("ANSWER = 42\n")
    (code / "tests").mkdir()
    (code / "tests" / "test_actions.py").write_text("ANSWER = 42\n")
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    monkeypatch.setattr(environment, "COMPILED", tmp_path / "compiled")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    return code


def compiled_of(source):
    return Path(importlib.util.cache_from_source(str(source)))


def ctrl_c(*_command, **_options):
    raise KeyboardInterrupt


def test_what_is_installed_is_compiled_whatever_the_one_who_runs_it_allows():
    assert compiled_of(django.__file__).exists()


def test_our_own_code_is_compiled_once_and_again_when_it_changes(checkout, monkeypatch):
    source = checkout / "actions.py"
    with monkeypatch.context() as broken_off, pytest.raises(KeyboardInterrupt):
        broken_off.setattr(subprocess, "run", ctrl_c)
        environment._compile()
    assert environment._stale_code()
    environment._compile()
    assert compiled_of(source).exists() and not compiled_of(checkout / "tests" / "test_actions.py").exists()
    assert not environment._stale_code()
    newer = environment.COMPILED.stat().st_mtime_ns + 1
    os.utime(source, ns=(newer, newer))
    assert environment._stale_code()


def test_an_editor_s_link_to_nowhere_keeps_nobody_from_starting(checkout):
    (checkout / ".#actions.py").symlink_to("anna@here.1234")
    environment._compile()
    assert compiled_of(checkout / "actions.py").exists() and not environment._stale_code()


def test_code_that_cannot_be_compiled_keeps_nobody_from_starting(checkout):
    (checkout / "__pycache__").write_text("a file where the folder would be")
    environment._compile()
    assert not environment._stale_code()
