"""`bin/bench restart`, small: what it prints and writes, and that nothing is left behind."""

import json
import os
import subprocess
import sys

from tillit.site.runtime import ROOT


def test_a_restart_under_load_is_told_with_its_aims(tmp_path):
    options = ["--rate", "10", "--seconds", "4", "--restarts", "1", "--forms", "1", "--persons", "100"]
    options += ["--only", "rolling", "--data", str(tmp_path / "data"), "--json", str(tmp_path / "figures.json")]
    values = {key: value for key, value in os.environ.items() if not key.startswith(("TILLIT_", "DJANGO_"))}
    done = subprocess.run(
        [sys.executable, "-P", "-m", "tillit.site.bench", "restart", *options],
        env=values | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=400,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads((tmp_path / "figures.json").read_text())["rolling"]
    assert (found["failed"], found["signed_out"], found["forms"], found["lost_forms"]) == (0, 0, 1, 0)
    assert found["sent"] >= 40
    assert 0 < found["median"] <= found["p99"] <= found["longest"]
    assert "failed after one retry: 0: met" in done.stdout
    assert "signed out: 0: met" in done.stdout
    assert [place.name for place in (tmp_path / "data").iterdir()] == ["bench.json"]
