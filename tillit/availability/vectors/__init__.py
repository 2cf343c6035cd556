"""Every window of the example plan from 2026 to 2030, reckoned without the engine: see README.md."""

from pathlib import Path

FILES = {file.stem: file for file in sorted(Path(__file__).parent.glob("*.json"))}
