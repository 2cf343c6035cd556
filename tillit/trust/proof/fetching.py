"""Where the verifier reads from: a site on the network, or a folder that an earlier run has written. No Django."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import httpx

LARGEST_ANSWER = 32 * 1024 * 1024  # bytes; 256 entries with long texts stay far below
LONGEST_RUN = 600.0  # seconds for everything
TIMEOUT = httpx.Timeout(15.0, connect=10.0)
SAFE = re.compile(r"[a-z0-9][a-z0-9._-]*", re.IGNORECASE)


class Unreachable(Exception):
    """It could not be read, so nothing can be said about it. The sentence tells what and why."""


class Source(Protocol):
    name: str

    def get(self, path: str) -> bytes | None:
        """What lies at an absolute path such as `/trust/log/checkpoint`; None when there is nothing."""


class Site:
    """An installation, by its address. No redirects to elsewhere, limited size, limited time."""

    def __init__(self, url: str, transport: httpx.BaseTransport | None = None) -> None:
        parts = urlsplit(url if "//" in url else f"https://{url}")
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Unreachable(f"{url} is no web address")
        self.name = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        self.deadline = time.monotonic() + LONGEST_RUN
        headers = {"User-Agent": "tillit-verify", "Accept-Encoding": "gzip, identity"}
        self.client = httpx.Client(timeout=TIMEOUT, transport=transport, headers=headers, trust_env=False)

    def get(self, path: str) -> bytes | None:
        try:
            with self.client.stream("GET", self.name + path) as response:
                if response.status_code in (404, 410):
                    return None
                if response.status_code != 200:
                    raise Unreachable(f"{self.name}{path} answers with status {response.status_code}")
                return self._limited(response, path)
        except httpx.HTTPError as error:
            raise Unreachable(f"{self.name}{path} cannot be read: {error}") from error

    def post(self, path: str, body: bytes) -> bool:
        """Whether it was taken. That it was not is no reason to stop."""
        try:
            headers = {"Content-Type": "text/plain; charset=utf-8"}
            with self.client.stream("POST", self.name + path, content=body, headers=headers) as answer:
                return answer.status_code == 204  # what else it says is left unread: it could have no end
        except httpx.HTTPError:
            return False

    def _limited(self, response: httpx.Response, path: str) -> bytes:
        received = bytearray()
        for chunk in response.iter_bytes():
            received += chunk
            if len(received) > LARGEST_ANSWER:
                raise Unreachable(f"{self.name}{path} is larger than {LARGEST_ANSWER} bytes")
            if time.monotonic() > self.deadline:
                raise Unreachable(f"{self.name} answers too slowly: not finished after {LONGEST_RUN:.0f} seconds")
        return bytes(received)


class Folder:
    """What `verify --save` has written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.name = str(folder)
        if not (folder / "trust" / "log").is_dir():
            raise Unreachable(f"{folder} holds no saved log. Write one: bin/tillit verify --save FOLDER URL")

    def get(self, path: str) -> bytes | None:
        try:
            return _below(self.folder, path).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise Unreachable(f"{self.folder}{path} cannot be read: {error.strerror}") from error


class Saving:
    """Another source, with all it gives kept in a folder."""

    def __init__(self, source: Source, folder: Path) -> None:
        self.source, self.folder, self.name = source, folder, source.name

    def get(self, path: str) -> bytes | None:
        found = self.source.get(path)
        target = _below(self.folder, path)
        if found is None:
            target.unlink(missing_ok=True)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(found)
        return found


def _below(folder: Path, path: str) -> Path:
    parts = path.strip("/").split("/")
    if not all(SAFE.fullmatch(part) for part in parts):
        raise Unreachable(f"{path} is no path of a log")
    return folder.joinpath(*parts)
