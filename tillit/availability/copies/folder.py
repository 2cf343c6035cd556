"""The folder of the copy. Each file is replaced in one step, the one that vouches for the others last.

Whoever reads meanwhile finds an old signed document beside a new page, never half a file; the page waits then. Nothing
that lies here can hold anybody up: what is no file is not read, and a lock is not waited for beyond `PATIENCE`.
"""

from __future__ import annotations

import fcntl
import json
import os
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from tillit.foundation import wholefile
from tillit.foundation.errors import Refused

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
PATIENCE = 50  # tenths of a second in which whoever writes the folder is done: far longer than that takes


class Held(Refused):
    """Somebody else holds the folder, and does not let go of it."""


def place() -> Path:
    """`status-copy/` of the data folder, or the folder that `TILLIT_STATUS_COPY_FOLDER` names."""
    return Path(settings.STATUS_COPY_FOLDER or Path(settings.DATA) / "status-copy")


@contextmanager
def claimed() -> Iterator[Path]:
    """The folder, for one writer at a time; made at the first call. Raises Held."""
    folder = place()
    if not folder.exists():  # the rights of one that others made are theirs
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)  # all of it is public, and another user's web server may serve it
    with _locked(folder / LOCK, PATIENCE) as mine:
        if not mine:
            raise Held(_("Another process holds the folder of the status page's copy: %(folder)s") % {"folder": folder})
        yield folder


@contextmanager
def uploading() -> Iterator[bool]:
    """Whether nobody else uploads already. The folder stays free meanwhile: a storage that hangs stops no new copy."""
    folder = place()
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder / UPLOAD) as alone:
        yield alone


def write(folder: Path, files: Mapping[str, bytes]) -> None:
    """Put these files there in their order; those that hold the same already are left alone."""
    for name, content in files.items():
        target = folder / name
        if _content(target) == content:
            continue
        wholefile.replace(target, content, mode=0o644)


def read(folder: Path) -> dict[str, bytes]:
    """The copy's own files, in their order; whatever else lies in the folder is nobody's business. Raises OSError."""
    return {name: _read(folder / name) for name in NAMES}


def last_document() -> dict[str, Any]:
    """What the copy in the folder says; empty when there is none that can be read."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        said = json.loads(json.loads(_read(place() / SIGNED))["document"])
        return said if isinstance(said, dict) else {}
    return {}


def _content(target: Path) -> bytes | None:
    try:
        return _read(target)
    except OSError:
        return None


def _read(target: Path) -> bytes:
    """Raises OSError, also of what is no file: a pipe would be read for ever."""
    with open(os.open(target, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(f"{target} is no file.")
        return file.read()


@contextmanager
def _locked(target: Path, patience: int = 0) -> Iterator[bool]:
    """Whether the lock is ours, at once or after so many tenths of a second at most."""
    handle = os.open(target, os.O_RDWR | os.O_CREAT | os.O_NONBLOCK, 0o644)
    try:
        yield _is_ours(handle) or any(_is_ours(handle, after=0.1) for _tenth in range(patience))
    finally:
        os.close(handle)


def _is_ours(handle: int, *, after: float = 0) -> bool:
    time.sleep(after)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
