"""Adding to the trust log. One writer at a time; nothing is signed that does not continue what was signed before."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import connection, transaction

from tillit.foundation.access import Actor, action, require
from tillit.foundation.clock import now
from tillit.foundation.models import Event
from tillit.trust.proof import keyfiles, merkle, notes, tree
from tillit.trust.proof.entries import SALT_BYTES, content_hash
from tillit.trust.proof.models.log import Checkpoint, LogContent, LogEntry, LoggedEvent, LogSubject
from tillit.trust.proof.published import ALL, Item, as_text, declared, items_of
from tillit.trust.proof.queries.log import GONE, KEYS

ONE_WRITER = 0x7469_6C6C_6974_6C67  # the advisory lock of this log, any number that no other room uses
MOST_AT_ONCE = 500  # events
log = logging.getLogger(__name__)


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
    """Add what an event changed in public, and what later events of its tenant did; return the new entries.

    Whichever job comes first takes in all that waits, in the order of the events, and signs once.
    """
    require(actor, "proof.keep_log")
    if LoggedEvent.objects.filter(pk=event_id).exists():
        return []
    _lock()
    later = Event.objects.filter(pk__gte=event_id, name__in=declared()).order_by("pk")
    taken = LoggedEvent.objects.filter(pk__gte=event_id).values("pk")
    news, said = [], _Said()
    for event in later.exclude(pk__in=taken)[:MOST_AT_ONCE]:
        try:
            with transaction.atomic():
                changed = said.changes(items_of(event))
                LoggedEvent.objects.create(event_id=event.pk)
        except Exception:
            if event.pk == event_id:
                raise
            log.exception("%s %s cannot be told; its own job will try again", event.name, event.pk)
            continue
        news += [News(subject, text, event.name, event.at, event.pk) for subject, text in changed.items()]
    return _append(news)


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


class _Said:
    """What the log says of every subject, with what is about to be added."""

    def __init__(self) -> None:
        self.new: dict[str, str] = {}

    def changes(self, items: Iterable[Item]) -> dict[str, str]:
        """Subject to text of what the log does not say yet; from now on it does."""
        wanted: dict[str, str] = {}
        for item in items:
            subject, content = item["subject"], item["content"]
            if subject.endswith(ALL):
                prefix = subject.removesuffix("*")
                wanted |= dict.fromkeys(self._standing(prefix), GONE)
                wanted |= {f"{prefix}{name}": as_text(said) for name, said in content.items()}
            else:
                wanted[subject] = as_text(content)
        kept = LogSubject.objects.filter(name__in=wanted).values_list("name", "newest__content__text")
        said = dict(kept) | self.new
        changed = {subject: text for subject, text in wanted.items() if said.get(subject, GONE) != text}
        self.new |= changed
        return changed

    def _standing(self, prefix: str) -> set[str]:
        """The subjects right below the prefix that the log does not say are gone."""
        kept = LogSubject.objects.filter(name__startswith=prefix).exclude(newest__content__text=GONE)
        new = {name for name, text in self.new.items() if name.startswith(prefix) and text != GONE}
        gone = {name for name, text in self.new.items() if text == GONE}
        standing = (set(kept.values_list("name", flat=True)) | new) - gone
        return {name for name in standing if "/" not in name.removeprefix(prefix)}


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
    about_keys = _Said().changes([{"subject": KEYS, "content": {"keys": vkeys}}])
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
    newest = {entry.subject: entry for entry in added}  # the last of several: PostgreSQL takes a row once a statement
    LogSubject.objects.bulk_create(
        [LogSubject(name=subject, newest=entry) for subject, entry in newest.items()],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["newest"],
    )
    return added
