"""A release on its way: planned, started wave by wave, held, let go on, taken back."""

from __future__ import annotations

from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from tillit.availability.actions.work import begin_work, end_work
from tillit.availability.models import MaintenanceWindow
from tillit.availability.releases import queries
from tillit.availability.releases.actions.waves import apply_waves, draw_waves
from tillit.availability.releases.judging import GOOD, WORSE, Figures
from tillit.availability.releases.models import Hold, Release, RequestCount, Stage
from tillit.foundation.access import Actor, action, require
from tillit.foundation.clock import now
from tillit.foundation.errors import Refused
from tillit.foundation.events import record
from tillit.foundation.mail import send_mail

KEPT = 90  # days for which the counts of requests stay
State = Release.State
WORDS = {
    "errors": gettext_noop("More requests fail than on the release before."),
    "p95": gettext_noop("Answers take longer than on the release before."),
    "jobs": gettext_noop("More jobs fail than on the release before."),
    "requests": gettext_noop("Too few requests have been seen yet."),
    "time": gettext_noop("The time between two waves is not over."),
}


@action
def plan_release(actor: Actor, *, version: str, notes: dict[str, str], bake_hours: int = 24) -> Release:
    """Plan a release: a stage for each wave of the plan, with the next window of its upgrades. One at a time."""
    require(actor, "releases.manage")
    shares = queries.percents()
    if not shares:
        raise Refused(_("The maintenance plan has no line for upgrades in waves (job = “upgrade”)."))
    if queries.open_release() is not None:
        raise Refused(_("Another release is on its way. End it first."))
    if Release.objects.filter(version=version).exclude(state=State.ROLLED_BACK).exists():
        raise Refused(_("This version was released already."), field="version")
    if queries.newest_draw() is None:
        draw_waves(actor)
    apply_waves(actor)
    release = Release(version=version, notes=notes, bake_hours=bake_hours, planned_at=now(), planned_by=actor.user)
    release.full_clean(exclude=["planned_by", "ended_at", "notes"])
    release.save(force_insert=True)
    windows = queries.next_windows()
    for wave, percent in sorted(shares.items()):
        Stage.objects.create(release=release, wave=wave, percent=percent, **_times(windows.get(wave)))
    record(actor, "releases.planned", release, version=version)
    return release


@action
def begin_stage(actor: Actor, *, release: Release, wave: str) -> Stage:
    """Begin to bring a wave to the release. Only in its order, in its announced window, and when the gate is open.

    `end_stage` says whether the wave runs on it.
    """
    require(actor, "releases.manage")
    release = Release.objects.select_for_update().get(pk=release.pk)
    if not release.is_open:
        raise Refused(_("This release is over."))
    if release.is_held:
        raise Refused(_("This release is held. Let it go on first, or take it back."))
    stage = queries.next_stage(release)
    if stage is None or stage.wave != wave:
        raise Refused(_("The next wave is %(wave)s.") % {"wave": stage.wave.upper() if stage else "-"})
    if queries.started(release):
        said, _new, _rest = queries.verdict(release)
        if said.outcome != GOOD:
            raise Refused(" ".join([_("The gate is shut."), *(_(WORDS[word]) for word in said.because)]))
    stage.work = begin_work(actor, job=queries.JOB, wave=wave)
    stage.window = stage.work.window
    stage.save(update_fields=["work", "window"])
    record(actor, "releases.stage_begun", release, wave=wave)
    return stage


@action
def end_stage(actor: Actor, *, stage: Stage, ok: bool, sentence: str = "") -> Release:
    """Say whether the wave runs on the release now. With the last one the release is everybody's.

    One that was held meanwhile stays held.
    """
    require(actor, "releases.manage")
    release = Release.objects.select_for_update().get(pk=stage.release_id)
    stage = Stage.objects.select_for_update(of=("self",)).select_related("work").get(pk=stage.pk)
    if stage.work is not None:
        end_work(actor, work=stage.work, ok=ok, sentence=sentence)
    if not ok:
        stage.work = None
        stage.save(update_fields=["work"])
        return release
    stage.started_at, stage.started_by = now(), actor.user
    stage.save(update_fields=["started_at", "started_by"])
    record(actor, "releases.stage_started", release, wave=stage.wave)
    if not release.is_held:
        _go_on(actor, release)
    return release


@action
def hold_release(actor: Actor, *, release: Release, because: str) -> Hold:
    """Stop a release where it is: no wave follows until somebody lets it go on or takes it back."""
    require(actor, "releases.manage")
    return _hold(actor, release, because=because)


@action
def judge_release(actor: Actor) -> Hold | None:
    """Compare the release that is on its way with the rest, and hold it when it is worse. Asked every minute."""
    require(actor, "releases.manage")
    release = queries.open_release()
    if release is None or release.is_held or not queries.started(release):
        return None
    said, new, rest = queries.verdict(release)
    if said.outcome != WORSE:
        return None
    hold = _hold(actor, release, worse=list(said.because), figures=_as_json(new, rest))
    for person in queries.staff():
        send_mail(person.email, template="releases/mail/held.txt", language=person.language, release=release, hold=hold)
    return hold


@action
def continue_release(actor: Actor, *, release: Release, because: str) -> Release:
    """Let a held release go on; the gate counts anew from now."""
    require(actor, "releases.manage")
    release = Release.objects.select_for_update().get(pk=release.pk)
    hold = queries.current_hold(release)
    if hold is None:
        raise Refused(_("This release is not held."))
    hold.lifted_at, hold.lifted_by, hold.lifted_because = now(), actor.user, because
    hold.save(update_fields=["lifted_at", "lifted_by", "lifted_because"])
    record(actor, "releases.continued", release, because=because)
    _go_on(actor, release)
    return release


@action
def roll_back_release(actor: Actor, *, release: Release, because: str) -> Release:
    """Take a release back: everybody is on the one before again. Whoever runs the processes obeys the event."""
    require(actor, "releases.manage")
    release = Release.objects.select_for_update().get(pk=release.pk)
    if release.state == State.ROLLED_BACK or Release.objects.filter(pk__gt=release.pk).exists():
        raise Refused(_("This release cannot be taken back any more."))
    for stage in release.stages.filter(work__ended_at=None, work__isnull=False).select_related("work"):
        if stage.work is not None:
            end_work(actor, work=stage.work, ok=False, sentence=because)
    for hold in release.holds.filter(lifted_at=None):
        hold.lifted_at, hold.lifted_by, hold.lifted_because = now(), actor.user, because
        hold.save(update_fields=["lifted_at", "lifted_by", "lifted_because"])
    release.state, release.ended_at, release.ended_because = State.ROLLED_BACK, now(), because
    release.save(update_fields=["state", "ended_at", "ended_because"])
    record(actor, "releases.rolled_back", release, because=because)
    apply_waves(actor)
    return release


@action
def forget_counts(actor: Actor) -> int:
    """Delete counts of requests after ninety days; returns how many."""
    require(actor, "releases.manage")
    return RequestCount.objects.filter(minute__lt=now() - timedelta(days=KEPT)).delete()[0]


def _go_on(actor: Actor, release: Release) -> None:
    """Where a release is that nobody holds: waiting for its first wave, on its way, or with everybody."""
    stages = list(release.stages.all())
    begun = [stage for stage in stages if stage.started_at]
    release.state = State.RUNNING if begun else State.PLANNED
    if len(begun) == len(stages):
        release.state, release.ended_at = State.DONE, now()
    release.save(update_fields=["state", "ended_at"])
    if not release.is_open:
        apply_waves(actor)


def _hold(
    actor: Actor, release: Release, *, because: str = "", worse: list[str] | None = None, figures: object = None
) -> Hold:
    release = Release.objects.select_for_update().get(pk=release.pk)
    if release.is_held or not release.is_open:
        raise Refused(_("Only a release on its way can be held."))
    hold = Hold.objects.create(
        release=release, held_at=now(), held_by=actor.user, because=because, worse=worse or [], figures=figures or {}
    )
    release.state = State.HELD
    release.save(update_fields=["state"])
    record(actor, "releases.held", release, because=because, worse=worse or [])
    return hold


def _as_json(new: Figures, rest: Figures) -> dict[str, object]:
    return {"new": new.as_json(), "rest": rest.as_json()}


def _times(window: MaintenanceWindow | None) -> dict[str, object]:
    if window is None:
        return {}
    return {"window": window if window.pk else None, "starts_at": window.starts_at, "ends_at": window.ends_at}
