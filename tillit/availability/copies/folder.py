"""The folder of the copy. Each file is replaced in one step, the one that vouches for the others last.

Whoever reads meanwhile finds an old signed document beside a new page, never half a file; the page waits then.
"""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from django.conf import settings

from tillit.foundation import wholefile

LANGUAGES = [language for language, _name in settings.LANGUAGES]
PAGES = (
    "status.css",
    "status.js",
    *(f"{name}.{language}.{kind}" for language in LANGUAGES for name, kind in (("index", "html"), ("feed", "atom"))),
    "index.html",
)
SIGNED = "signed.json"  # document and signature in one file: read at once, they belong together
NAMES = (*PAGES, "key.json", "key.pem", "status.json", "status.json.sig", SIGNED)  # of every file, as they are written
LOCK, UPLOAD = ".lock", ".upload"


def place() -> Path:
    """`status-copy/` of the data folder, or the folder that `TILLIT_STATUS_COPY_FOLDER` names."""
    return Path(settings.STATUS_COPY_FOLDER or Path(settings.DATA) / "status-copy")


@contextmanager
def claimed() -> Iterator[Path]:
    """The folder, for one writer at a time; made at the first call."""
    folder = place()
    if not folder.exists():  # the rights of one that others made are theirs
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)  # all of it is public, and another user's web server may serve it
    with (folder / LOCK).open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield folder


@contextmanager
def uploading() -> Iterator[bool]:
    """Whether nobody else uploads already. The folder stays free meanwhile: a storage that hangs stops no new copy."""
    folder = place()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / UPLOAD).open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def write(folder: Path, files: Mapping[str, bytes]) -> None:
    """Put these files there in their order; those that hold the same already are left alone."""
    for name, content in files.items():
        target = folder / name
        if _content(target) == content:
            continue
        wholefile.replace(target, content, mode=0o644)


def read(folder: Path) -> dict[str, bytes]:
    """The copy's own files, in their order; whatever else lies in the folder is nobody's business. Raises OSError."""
    return {name: (folder / name).read_bytes() for name in NAMES}


def last_document() -> dict[str, Any]:
    """What the copy in the folder says; empty when there is none that can be read."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        said = json.loads(json.loads((place() / SIGNED).read_bytes())["document"])
        return said if isinstance(said, dict) else {}
    return {}


def _content(target: Path) -> bytes | None:
    try:
        return target.read_bytes()
    except OSError:
        return None
