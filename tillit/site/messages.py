"""Compile the rooms' translations: `python -m tillit.site.messages` turns every changed .po into its .mo."""

from __future__ import annotations

import sys
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po

from tillit.foundation import wholefile
from tillit.site.environment import stale_catalogues
from tillit.site.problems import complain


def compile_catalogue(source: Path) -> None:
    """Write the .mo beside `source` in one step, so that no reader meets half of it.

    Raises PoFileError or UnicodeDecodeError when the file is not a well-formed catalogue.
    """
    with source.open("rb") as handle:
        catalogue = read_po(handle, locale=source.parts[-3], abort_invalid=True)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    wholefile.replace(source.with_suffix(".mo"), compiled.getvalue(), mode=0o644)


def main() -> int:
    """Compile what changed; the exit status is 1 when a catalogue is malformed."""
    for source in stale_catalogues():
        try:
            compile_catalogue(source)
        except (PoFileError, UnicodeDecodeError) as error:
            complain(f"{source}: {error}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
