"""One interruption: announced, moved, called off, completed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import IntegrityError, transaction
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from tillit.availability import words
from tillit.availability.actions.work import ONE_BEGINNER
from tillit.availability.models import (
    Effect,
    MaintenanceRule,
    MaintenanceWindow,
    WindowVersion,
)
from tillit.availability.once import UNSENT, Sent, made_before, one_at_a_time
from tillit.availability.refusals import is_worse, refuse_contradictions, refuse_length, refuse_times, whole_minutes
from tillit.availability.withdrawing import call_off
from tillit.foundation.access import Actor, action, require
from tillit.foundation.clock import now
from tillit.foundation.errors import Refused
from tillit.foundation.events import record
from tillit.foundation.jobs import later
from tillit.foundation.models import User
from tillit.foundation.texts import one_line_each, pick

ONE_ANNOUNCER = 0x7469_6C6C_6974_7770  # the advisory lock of the plan, any number that no other room uses
Texts = dict[str, str]  # by language


@dataclass(frozen=True)
class Details:
    """What may be said of a window beyond kind, title and times. An empty wave or region means all of them."""

    wave: str = ""
    region: str = ""
    reasons: Texts = field(default_factory=dict)  # why it is needed
    effect: str = Effect.SECONDS
    most_seconds: int | None = None
    rule: MaintenanceRule | None = None
    components: list[str] = field(default_factory=list)  # slugs of the parts it concerns; none: all of them
    job: str = ""  # the work that may run only inside it
    announced_by: User | None = None  # of an emergency: who asked for it, which the actor confirms
    advisory: str = ""  # of an emergency: the slug of the security advisory it is about
    sent: Sent = UNSENT  # the form: sending it twice announces one window

    def of_window(self) -> dict[str, Any]:
        """By the names of the window's fields. What its line of the plan says of its work is so from now on."""
        said = dict(vars(self))
        said |= {"job": self.job or (self.rule.job if self.rule else ""), "reason": pick(self.reasons, "en")[0]}
        return said | vars(said.pop("sent"))


@dataclass(frozen=True)
class Revised:
    """What a window is now said to be; all of it, also what stays as it was. Reasons of None stay."""

    title: Texts
    effect: str
    ends_at: datetime
    components: list[str] = field(default_factory=list)
    most_seconds: int | None = None
    reasons: Texts | None = None  # why it is needed

    def of_window(self) -> dict[str, Any]:
        """By the names of the window's fields."""
        said = dict(vars(self))
        if self.reasons is None:
            del said["reasons"]
            return said
        return said | {"reason": pick(self.reasons, "en")[0]}


@action
def announce_maintenance(
    actor: Actor, *, kind: str, starts_at: datetime, ends_at: datetime, title: Texts, details: Details = Details()
) -> MaintenanceWindow:
    """Tell every customer about an interruption before it happens.

    Planned work is refused under 24 hours' notice, outside the frame of its line of the plan, and beside other work
    for the same customers, which would make two announcements of one interruption. An emergency may come at any time;
    it needs its reason, its security advisory, and two people: one asked for it, another confirms it, and so announces
    it (`advisories.actions`). The room above that keeps such wishes says whether there is one (`asked_emergency` of
    its AppConfig).
    """
    require(actor, "availability.announce")
    at = now()
    said = details.of_window() | {"announced_by": actor.user}
    window = MaintenanceWindow(
        kind=kind, title=one_line_each(title), starts_at=starts_at, ends_at=ends_at, announced_at=at, **said
    )  # fmt: skip
    if kind == MaintenanceWindow.Kind.EMERGENCY:
        _refuse_rash_emergency(actor, details)
        window.announced_by = details.announced_by
        window.confirmed_by, window.confirmed_at = actor.user, at
    elif details.rule and details.rule.kind == MaintenanceRule.Kind.EMERGENCY:
        raise Refused(_("This line of the plan is for emergencies alone: ask for one."), field="rule")
    one_at_a_time(ONE_ANNOUNCER)
    if before := _announced_before(details.sent):
        return before
    refuse_times(window)
    window.save(force_insert=True)
    record(actor, "availability.maintenance_announced", window)
    later("availability.prove_told_notices", actor, only_one="availability.prove_told_notices")
    return window


def _announced_before(sent: Sent) -> MaintenanceWindow | None:
    """What the same form has announced already, if it still stands as it was announced."""
    before = made_before(MaintenanceWindow, sent, named=words.named)
    if before and (before.cancelled_at or before.moved_at or before.revised_at):
        changed = _("What this form announced was changed or cancelled since: %(window)s. Announce it with a new form.")
        raise Refused(changed % {"window": words.named(before)})
    return before


def _keep_version(window: MaintenanceWindow, **said: Any) -> None:
    try:
        with transaction.atomic():
            WindowVersion.objects.create(window=window, **said)
    except IntegrityError as error:  # `one_version_of_each_moment`
        raise Refused(_("This window was changed at this very moment. Look at what it says now.")) from error


def _refuse_rash_emergency(actor: Actor, details: Details) -> None:
    if not any(text.strip() for text in details.reasons.values()):
        raise Refused(_("An emergency needs its reason."), field="reasons")
    if details.announced_by is None or actor.user is None or details.announced_by == actor.user:
        raise Refused(_("An emergency needs two people: ask for it, and somebody else confirms it."), field="kind")
    asked = [import_string(path) for room in apps.get_app_configs() if (path := getattr(room, "asked_emergency", ""))]
    if not any(knows(details.advisory, details.announced_by) for knows in asked):
        raise Refused(_("An emergency needs the security advisory it is about."), field="kind")


@action
def move_maintenance(
    actor: Actor, *, window: MaintenanceWindow, starts_at: datetime, ends_at: datetime, because: str
) -> MaintenanceWindow:
    """Announce other times for a window that has not begun; what was announced before stays public beside them.

    The notice counts anew, from now, and everybody is shown it again. Refused where an announcement would be.
    """
    require(actor, "availability.announce")
    window = MaintenanceWindow.objects.select_for_update(of=("self",)).select_related("rule").get(pk=window.pk)
    if window.phase != window.Phase.SCHEDULED:
        raise Refused(_("Only a window that has not begun can be moved."))
    if not window.is_planned:
        raise Refused(_("An emergency is not moved: cancel it, and ask for another one."))
    if (starts_at, ends_at) == (window.starts_at, window.ends_at):
        raise Refused(_("These are the times it has already."), field="starts_at")
    if not because.strip():
        raise Refused(_("Please say why it is moved: customers will read it."), field="because")
    before = {name: getattr(window, name) for name in ("sequence", "starts_at", "ends_at", "announced_at")}
    at = window.announced_at = window.moved_at = now()
    window.starts_at, window.ends_at = starts_at, ends_at
    window.sequence += 1
    one_at_a_time(ONE_ANNOUNCER)
    refuse_times(window)
    said = {"replaced_at": at, "replaced_by": actor.user, "because": because.strip()}
    _keep_version(window, **before, **said)
    window.save()
    record(actor, "availability.maintenance_moved", window, sequence=window.sequence)
    later("availability.prove_told_notices", actor, only_one="availability.prove_told_notices")
    return window


@action
def revise_maintenance(actor: Actor, *, window: MaintenanceWindow, revised: Revised, because: str) -> MaintenanceWindow:
    """Say otherwise what a window that has not begun is, hits, does or how long it lasts; both versions stay public.

    What makes it worse for customers is an announcement: it needs its 24 hours, and everybody is shown it anew. Better
    or merely clearer words may come until the window begins.
    """
    require(actor, "availability.announce")
    revised = replace(revised, title=one_line_each(revised.title))
    window = MaintenanceWindow.objects.select_for_update(of=("self",)).select_related("rule").get(pk=window.pk)
    if window.phase != window.Phase.SCHEDULED:
        raise Refused(_("Only a window that has not begun can be changed."))
    if not because.strip():
        raise Refused(_("Please say why it is changed: customers will read it."), field="because")
    changes = revised.of_window()
    if all(getattr(window, name) == value for name, value in changes.items()):
        raise Refused(_("Nothing is different."), field="title")
    if not (window.is_planned or changes.get("reason", window.reason).strip()):
        raise Refused(_("An emergency needs its reason."), field="reasons")
    worse, at = is_worse(window, **changes), now()
    before = {name: getattr(window, name) for name in ("sequence", "starts_at", "ends_at", "announced_at")}
    said = {name: getattr(window, name) for name in ("title", "effect", "components", "most_seconds")}
    said["reasons"] = window.why
    for name, value in changes.items():
        setattr(window, name, value)
    window.revised_at = at
    if worse:
        if not window.is_planned:
            raise Refused(_("One person does not make an emergency worse: cancel it, and ask for another one."))
        if window.starts_at - at < window.NOTICE:
            earliest = {"earliest": words.moment(whole_minutes(at + window.NOTICE))}
            worse_now = _("This makes it worse for customers, who need 24 hours' notice of it. Cancel or move it.")
            raise Refused(f"{worse_now} {_('It may begin on %(earliest)s at the earliest.') % earliest}")
        window.announced_at, window.sequence = at, window.sequence + 1
        one_at_a_time(ONE_ANNOUNCER)
        refuse_times(window)
    refuse_length(window)
    refuse_contradictions(window)
    told = {"replaced_at": at, "replaced_by": actor.user, "because": because.strip(), "said": said}
    _keep_version(window, **before, **told)
    window.save()
    record(actor, "availability.maintenance_revised", window, sequence=window.sequence)
    later("availability.prove_told_notices", actor, only_one="availability.prove_told_notices")
    return window


@action
def cancel_maintenance(actor: Actor, *, window: MaintenanceWindow, because: str) -> MaintenanceWindow:
    """Call off a window that has not begun. It leaves every notice and stays in the list of the past."""
    require(actor, "availability.announce")
    window = MaintenanceWindow.objects.select_for_update().get(pk=window.pk)
    if window.phase != window.Phase.SCHEDULED:
        raise Refused(_("Only a window that has not begun can be cancelled."))
    if not because.strip():
        raise Refused(_("Please say why it is cancelled: customers will read it."), field="because")
    call_off(actor, window, because.strip())
    return window


@action
def complete_maintenance(actor: Actor, *, window: MaintenanceWindow) -> MaintenanceWindow:
    """Say that the work of a running window is done before its time is over. Refused while some of it still runs."""
    require(actor, "availability.announce")
    one_at_a_time(ONE_BEGINNER)
    window = MaintenanceWindow.objects.select_for_update().get(pk=window.pk)
    if not window.is_active:
        raise Refused(_("Only a window that is under way can be completed."))
    if work := window.work.running().first():  # customers would be let back in beside it
        raise Refused(_("“%(job)s” still runs in this window. End that work first.") % {"job": words.job(work.job)})
    window.completed_at, window.completed_by = now(), actor.user
    window.save(update_fields=["completed_at", "completed_by"])
    record(actor, "availability.maintenance_completed", window)
    return window
