"""Adding to the trust log. One writer at a time; nothing is signed that does not continue what was signed before."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import connection

from tillit.foundation.access import Actor, action, require
from tillit.foundation.clock import now
from tillit.foundation.models import Event
from tillit.trust.proof import keyfiles, merkle, notes, tree
from tillit.trust.proof.entries import SALT_BYTES, content_hash
from tillit.trust.proof.models.log import Checkpoint, LogContent, LogEntry, LogSubject
from tillit.trust.proof.published import ALL, Item, as_text, items_of
from tillit.trust.proof.queries.log import GONE, KEYS

ONE_WRITER = 0x7469_6C6C_6974_6C67  # the advisory lock of this log, any number that no other room uses


class LogDamaged(Exception):
    """What lies in the database is not what was signed. Nothing is added until it is restored."""


@dataclass(frozen=True)
class News:
    """One leaf to be: what is public of a subject from now on."""

    subject: str
    text: str
    kind: str
    at: datetime
    event_id: int | None = None


@action
def log_event(actor: Actor, *, event_id: int) -> list[LogEntry]:
    """Add what an event changed in public, unless it is in the log already; return the new entries."""
    require(actor, "proof.keep_log")
    event = Event.objects.get(pk=event_id)
    _lock()
    if LogEntry.objects.filter(event_id=event_id).exists():
        return []
    items = list(items_of(event))
    return _append([News(subject, text, event.name, event.at, event.pk) for subject, text in _changed(items).items()])


@action
def erase_content(actor: Actor, *, index: int) -> LogContent:
    """Delete what a leaf stands for, with its salt, for good. The leaf and the tree stay as they are."""
    require(actor, "proof.keep_log")
    found = LogContent.objects.select_for_update().get(entry_id=index)
    found.salt, found.text, found.erased_at = "", "", found.erased_at or now()
    found.save(update_fields=["salt", "text", "erased_at"])
    return found


def _lock() -> None:
    """Until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_WRITER])


def _changed(items: Iterable[Item]) -> dict[str, str]:
    """Subject to text of what the log does not say yet."""
    wanted: dict[str, str] = {}
    for item in items:
        subject, content = item["subject"], item["content"]
        if subject.endswith(ALL):
            prefix = subject.removesuffix("*")
            wanted |= dict.fromkeys(_standing(prefix), GONE)
            wanted |= {f"{prefix}{name}": as_text(said) for name, said in content.items()}
        else:
            wanted[subject] = as_text(content)
    said = _newest(list(wanted))
    return {subject: text for subject, text in wanted.items() if said.get(subject, GONE) != text}


def _newest(subjects: list[str]) -> dict[str, str]:
    """What the log said last of these."""
    return dict(LogSubject.objects.filter(name__in=subjects).values_list("name", "newest__content__text"))


def _standing(prefix: str) -> list[str]:
    """The subjects below the prefix that the log does not say are gone."""
    below = LogSubject.objects.filter(name__startswith=prefix)
    return list(below.exclude(newest__content__text=GONE).values_list("name", flat=True))


def _append(news: list[News]) -> list[LogEntry]:
    """Leaves, contents, tiles and a signed checkpoint, in the transaction that holds the lock."""
    if not news:
        return []
    newest = Checkpoint.objects.first()
    size = newest.size if newest else 0
    _check(size, newest)
    origin = newest.note.partition("\n")[0] if newest else f"{settings.BASE_HOST}/trust/log"
    keys = keyfiles.log_keys()
    vkeys = [str(notes.VerifierKey.of(origin, key)) for key in keys]
    about_keys = _changed([{"subject": KEYS, "content": {"keys": vkeys}}])
    news = [News(subject, text, "proof.keys_used", now()) for subject, text in about_keys.items()] + news
    added = _write(size, news)
    tree.extend(size, [merkle.leaf_hash(entry.as_bytes()) for entry in added])
    size += len(added)
    root = tree.root_of(size)
    text = notes.checkpoint_text(origin, size, root)
    note = text + "\n" + "".join(f"{notes.sign(text, origin, key)}\n" for key in keys)
    Checkpoint.objects.create(size=size, root=root, at=now(), note=note)
    return added


def _check(size: int, newest: Checkpoint | None) -> None:
    last = LogEntry.objects.order_by("-index").values_list("index", flat=True).first()
    if (last + 1 if last is not None else 0) != size:
        raise LogDamaged(f"{size} entries were signed, and the last one there has the index {last}")
    try:
        fits = newest is None or tree.root_of(size) == bytes(newest.root)
    except LookupError as error:
        raise LogDamaged(str(error)) from error
    if not fits:
        raise LogDamaged(f"the tiles of the log's {size} entries do not make the root that was signed")


def _write(size: int, news: list[News]) -> list[LogEntry]:
    added, contents = [], []
    for index, one in enumerate(news, size):
        salt = secrets.token_bytes(SALT_BYTES)
        entry = LogEntry(index=index, at=one.at.replace(microsecond=0), kind=one.kind, subject=one.subject)
        entry.hash, entry.event_id = content_hash(salt, one.text), one.event_id
        added.append(entry)
        contents.append(LogContent(entry=entry, salt=salt.hex(), text=one.text))
    LogEntry.objects.bulk_create(added)
    LogContent.objects.bulk_create(contents)
    LogSubject.objects.bulk_create(
        [LogSubject(name=entry.subject, newest=entry) for entry in added],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["newest"],
    )
    return added
