"""A whole run of `bin/bench`, small: what it prints, what it writes, and that it leaves nothing behind."""

import json
import os
import subprocess
import sys

import pytest

from tillit.site.runtime import ROOT

PAGES = [
    "list, first page",
    "list, page 20",
    "search «ann»",
    "search «uistor», rare",
    "search «Quisttorp», misspelt",
    "open a person",
    "open a company, with persons",
]
CALLS = ["create a person by API", "API: list persons", "API: read a person"]


def bench(*options):
    """What `bin/bench` does inside its environment."""
    command = [sys.executable, "-P", "-m", "tillit.site.bench", *map(str, options)]
    values = {key: value for key, value in os.environ.items() if not key.startswith(("TILLIT_", "DJANGO_"))}
    return subprocess.run(
        command, env=values | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=300, cwd=ROOT
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Growth of a tenant from 100 to 200 persons, then everything else."""
    folder = tmp_path_factory.mktemp("bench")
    done = bench(
        *("--growth", "100,200", "--only", "list,search,open,create,api,import", "--clients", "1"),
        *(
            "--seconds",
            "0.1",
            "--rounds",
            "1",
            "--patience",
            "0",
            "--data",
            folder / "data",
            "--json",
            folder / "figures.json",
        ),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done, folder


def test_every_page_and_call_is_measured_beside_its_sql(run):
    done, folder = run
    found = json.loads((folder / "figures.json").read_text())
    rows = [*found["growth"]["200"], *found["operations"]]
    assert [row["operation"] for row in rows] == [*PAGES, *CALLS]
    for row in rows:
        assert row["tillit"]["p50_ms"] > row["sql"]["p50_ms"] > 0, row
        assert row["processor_ms"] > 0
        assert 0 < row["statements"] <= row["statements_in_all"], row
        assert (row["aim_met"] is None) == (row["operation"] in CALLS)
    for name in [*PAGES, *CALLS]:
        assert name in done.stdout


def test_growth_holds_the_same_operations_against_each_other(run):
    done, folder = run
    stages = json.loads((folder / "figures.json").read_text())["growth"]
    assert list(stages) == ["100", "200"]
    assert [row["operation"] for row in stages["100"]] == [row["operation"] for row in stages["200"]]
    assert "growth" in done.stdout


def test_the_import_is_measured_beside_copy_and_its_memory_told(run):
    _done, folder = run
    found = json.loads((folder / "figures.json").read_text())["imports"]
    assert [one["file"] for one in found] == ["persons", "persons, company by name"]
    for one in found:
        assert one["large"]["rows"] == 200
        assert one["rows_per_second"] > 0
        assert one["copy_rows_per_second"] > 0
        assert one["large"]["memory"] >= one["small"]["memory"] > 0


def test_the_machine_and_how_busy_it_was_stand_beside_the_figures(run):
    done, folder = run
    machine = json.loads((folder / "figures.json").read_text())["machine"]
    assert {"date", "cores", "processor", "memory_gb", "python", "postgresql", "before", "after"} <= machine.keys()
    assert "The machine: load" in done.stdout


def test_nothing_but_the_figures_is_left(run):
    _done, folder = run
    assert [place.name for place in (folder / "data").iterdir()] == ["bench.json"]


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path):
    (tmp_path / "letter.txt").write_text("Dear Anna")
    done = bench("--data", tmp_path)
    assert done.returncode == 1
    assert done.stderr == f"{tmp_path} is not empty and holds no measurement. Name another folder with --data.\n"
    assert (tmp_path / "letter.txt").read_text() == "Dear Anna"
