"""The operator keeps the register in Git: applies, compares and exports it on the command line."""

import argparse
import json
import tomllib

import pytest

from tillit.site.commands import register
from tillit.site.problems import Problem
from tillit.trust.models import Processor, Revision

SEED = register.PROFILES / "seed.toml"


@pytest.fixture
def tillit(operator_tenant):
    """`tillit register ...`, answering its exit status."""

    def run(*arguments):
        parser = argparse.ArgumentParser()
        register.add_arguments(parser)
        return register.run(parser.parse_args([str(argument) for argument in arguments]))

    return run


def test_a_profile_is_applied_and_exported_unchanged(tillit, tmp_path, capsys):
    assert tillit("apply", "--profile", "seed", "--write") == 0
    said = tomllib.loads(SEED.read_text())
    entries = sum(len(part) if isinstance(part, list) else 1 for name, part in said.items() if name != "format")
    assert f"{entries} added, 0 changed, 0 removed" in capsys.readouterr().out
    assert tillit("export", tmp_path / "operator.toml") == 0
    assert tomllib.loads((tmp_path / "operator.toml").read_text()) == tomllib.loads(SEED.read_text())
    assert tillit("diff", tmp_path / "operator.toml") == 0
    assert capsys.readouterr().out == "Nothing differs.\n"


def test_a_dry_run_shows_the_differences_and_writes_nothing(tillit, tmp_path, capsys):
    tillit("apply", "--profile", "seed", "--write")
    capsys.readouterr()
    file = tmp_path / "operator.toml"
    file.write_text(SEED.read_text().replace('name = "Visma ITC"', 'name = "Visma"'))
    assert tillit("apply", file, "--dry-run") == 0
    shown = capsys.readouterr().out
    assert tillit("apply", file) == 0
    assert capsys.readouterr().out == shown
    assert "This was a dry run. With --write it is put into force." in shown
    assert "Nothing was written" in shown
    assert '  ~ processors visma-itc\n      name: "Visma ITC" -> "Visma"\n' in shown
    assert tillit("diff", file) == 1
    assert Processor.objects.filter(name="Visma ITC").exists()


def test_a_dry_run_says_what_a_change_compiles_into(tillit, tmp_path, capsys):
    tillit("apply", "--profile", "seed", "--write")
    file = tmp_path / "operator.toml"
    file.write_text(
        SEED.read_text().replace("""processing_countries = ["NL", "IE"]""", """processing_countries = ["SE"]""")
    )
    capsys.readouterr()
    tillit("apply", file)
    assert "annex III of the data processing agreement" in capsys.readouterr().out
    tillit("apply", file, "--json")
    told = json.loads(capsys.readouterr().out)
    assert told["applied"] is False
    assert any("annex III" in sentence for sentence in told["consequences"])
    assert not Processor.objects.announced().exists()


def test_a_wrong_file_is_refused_with_key_and_line(tillit, tmp_path, capsys):
    file = tmp_path / "operator.toml"
    file.write_text(SEED.read_text().replace("percent = 10", "percent = 20").replace('"IE"]', '"XX"]'))
    assert tillit("apply", file) == 1
    said = capsys.readouterr().err
    assert "is refused as a whole, and nothing was changed" in said
    assert "processors[microsoft-azure].processing_countries[2]" in said
    assert tillit("diff", file) == 2
    assert not Revision.objects.exists()


def test_what_a_neighbour_refuses_is_told_with_its_line(tillit, tmp_path, capsys):
    file = tmp_path / "operator.toml"
    file.write_text(SEED.read_text().replace("percent = 10", "percent = 20"))
    assert tillit("apply", file, "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert told["applied"] is False
    (problem,) = told["problems"]
    assert problem["path"].startswith("maintenance_rules[application]")
    lines = file.read_text().splitlines()
    assert "[[maintenance_rules]]" in lines[problem["line"] - 1] or "waves" in lines[problem["line"] - 1]


def test_programs_get_json(tillit, capsys):
    tillit("apply", "--profile", "blank", "--json", "--write")
    told = json.loads(capsys.readouterr().out)
    assert (told["applied"], told["added"], told["removed"]) == (True, 4, 0)
    tillit("export", "--json")
    assert json.loads(capsys.readouterr().out)["operator"]["name"] == "Your company"


@pytest.mark.parametrize("arguments", [["apply"], ["apply", "x.toml", "--profile", "seed"], ["export"]])
def test_what_cannot_be_done_is_said_in_a_sentence(tillit, arguments):
    with pytest.raises(Problem):
        tillit(*arguments)
