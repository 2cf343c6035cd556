"""What the composition keeps for a time."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from tillit.foundation.access import Actor
from tillit.foundation.clock import now
from tillit.site.backup import FOLDER, MOMENT

MARKED = b"Marked record\n"


class Backups:
    """Backups of the embedded database and the files, counted from when they were made; the newest is always kept."""

    label = _("Backups")

    def purge(self, before: datetime) -> int:
        made = sorted({path.name.split(".")[0] for path in self._folder().glob("backup-*.dump")})
        old = [name for name in made[:-1] if self._moment(name) < before]
        old += [path.name.split(".")[0] for path in self._folder().glob("canary-*.dump") if self._made(path) < before]
        for name in old:
            for path in self._folder().glob(f"{name}.*"):
                path.unlink(missing_ok=True)
        return len(old)

    def plant(self, _actor: Actor) -> str:
        self._folder().mkdir(mode=0o700, parents=True, exist_ok=True)
        key = f"canary-{now().astimezone(UTC):{MOMENT}}-{secrets.token_hex(4)}"
        (self._folder() / f"{key}.dump").write_bytes(MARKED)
        return key

    def use(self, key: str) -> None:
        place = self._folder() / f"{key}.dump"
        if not place.exists() or place.read_bytes() != MARKED:
            raise LookupError("The planted backup is gone.")

    def exists(self, key: str) -> bool:
        return (self._folder() / f"{key}.dump").exists()

    def _folder(self) -> Path:
        return Path(settings.DATA) / FOLDER

    def _made(self, path: Path) -> datetime:
        return self._moment(path.name.split(".")[0])

    def _moment(self, name: str) -> datetime:
        return datetime.strptime(name.split("-")[1], MOMENT).replace(tzinfo=UTC)
