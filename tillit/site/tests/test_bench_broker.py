"""`bin/bench broker`, small: what it prints and writes, and that it ends by itself."""

import json
import os
import subprocess
import sys

from tillit.site.runtime import ROOT


def test_the_broker_is_measured_beside_direct_connections_in_one_run(tmp_path):
    options = ["--connections", "20", "--bodies", "1", "--patience", "0", "--json", str(tmp_path / "figures.json")]
    values = {key: value for key, value in os.environ.items() if not key.startswith(("TILLIT_", "DJANGO_"))}
    done = subprocess.run(
        [sys.executable, "-P", "-m", "tillit.site.bench", "broker", *options],
        env=values | {"PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads((tmp_path / "figures.json").read_text())
    assert all(figure > 0 for name, figure in found.items() if name not in ("added_ms", "aims_met"))
    assert "ms added (aim: under 1 ms" in done.stdout
    assert "(aim: over 80%" in done.stdout
    assert [place.name for place in tmp_path.iterdir()] == ["figures.json"]
