"""The operator keeps the agreements' texts in Git: checks them, makes them drafts and publishes them from there."""

import argparse
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine

from tillit.foundation.access import Actor
from tillit.foundation.testing import happened
from tillit.site.commands import agreements
from tillit.site.commands.register import PROFILES
from tillit.site.problems import Problem
from tillit.trust.actions.register import apply_register
from tillit.trust.agreements.models import AgreementVersion, Draft
from tillit.trust.register import read_register

SEED = Path(agreements.__file__).parents[2] / "trust" / "agreements" / "texts" / "seed"


@pytest.fixture(autouse=True)
def before_the_texts_begin(operator_tenant):
    with time_machine.travel(datetime(2026, 9, 1, tzinfo=UTC), tick=False):
        apply_register(Actor.system(operator_tenant), register=read_register((PROFILES / "seed.toml").read_text()))
        yield


@pytest.fixture
def tillit(capsys):
    """`tillit agreements ...`, answering its exit status and what it said."""

    def command(*arguments):
        parser = argparse.ArgumentParser()
        agreements.add_arguments(parser)
        status = agreements.run(parser.parse_args([str(argument) for argument in arguments]))
        said = capsys.readouterr()
        return status, said.out + said.err

    return command


@pytest.fixture
def folder(tmp_path):
    """The example's data processing agreement, in a folder of its own."""
    for path in SEED.glob("crm-online-dpa.*.md"):
        (tmp_path / path.name).write_text(path.read_text("utf-8"), "utf-8")
    return tmp_path


def test_the_example_texts_are_green(tillit):
    status, said = tillit("check", SEED)
    assert status == 0, said
    assert said.startswith("15 agreements")


def test_one_figure_changed_in_one_file_is_told_with_its_line(tillit, folder):
    german = folder / "crm-online-dpa.de.md"
    german.write_text(german.read_text("utf-8").replace("{{ literal 24 }}", "{{ literal 48 }}", 1), "utf-8")
    status, said = tillit("check", folder)
    assert status == 1
    assert "Clause 9.2: numbers differ" in said
    assert "crm-online-dpa." in said.splitlines()[0]


def test_a_literal_where_a_variable_exists_is_told(tillit, folder):
    english = folder / "crm-online-dpa.en.md"
    english.write_text(english.read_text("utf-8").replace("{{ promises.processor_notice_days }}", "30"), "utf-8")
    status, said = tillit("apply", folder, "--publish")
    assert status == 1
    assert "crm-online-dpa.en.md:87: “30 days” is a value of the register" in said
    assert not AgreementVersion.objects.exists()
    assert not Draft.objects.exists()


def test_texts_become_drafts_and_then_versions_once(tillit, folder):
    assert tillit("apply", folder) == (0, "crm-online-dpa: is the draft now.\n")
    assert Draft.objects.get().agreement == "crm-online-dpa"
    status, said = tillit("apply", folder, "--publish")
    assert (status, said.split(",")[0]) == (0, "crm-online-dpa: version 1")
    assert happened("agreements.published")
    assert tillit("apply", folder, "--publish") == (0, "crm-online-dpa: as published.\n")
    assert AgreementVersion.objects.count() == 1


def test_strange_files_and_unknown_agreements_are_told(tillit, folder):
    (folder / "notes.md").write_text("x")
    (folder / "no-such-thing.de.md").write_text("x")
    status, said = tillit("check", folder)
    assert status == 1
    assert "notes.md: A text is named <slug>.<language>.md." in said
    assert "no-such-thing: The register has no such agreement." in said


def test_a_folder_without_texts_is_refused(tillit, tmp_path):
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(Problem):
            tillit("check", folder)
