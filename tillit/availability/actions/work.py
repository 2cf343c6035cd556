"""No notice, no window: work that interrupts begins here, or not at all."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _

from tillit.availability import looking, proving, refusals, words
from tillit.availability.models import MaintenanceRule, MaintenanceWindow, NoticeProof, WindowWork
from tillit.availability.once import one_at_a_time
from tillit.availability.queries import routine_rules, upcoming_windows
from tillit.foundation.access import Actor, action, require
from tillit.foundation.clock import now
from tillit.foundation.errors import Refused
from tillit.foundation.events import record

Outcome = WindowWork.Outcome
ONE_BEGINNER = 0x7469_6C6C_6974_776B  # the advisory lock of work that begins, any number that no other room uses
READ_AGAIN = timedelta(hours=1)  # before a window begins: its notice must still stand


@action
def begin_work(actor: Actor, *, job: str, wave: str = "", region: str = "") -> WindowWork:
    """Begin the work of this job for this wave and region (empty: for everybody); `end_work` says how it went.

    Refused outside of the job's window; where the window was announced less than 24 hours ahead, or its notice was not
    read back in time from every sign-in view it concerns and from the status page; an emergency instead needs the word
    of two people. Refused too while the same work runs for some of the same customers, for a wave or region that does
    not exist, and by a clock that was set back.
    """
    require(actor, "availability.run_work")
    at = now()
    refusals.refuse_clock_set_back(at)
    refusals.refuse_strange_place(wave, region)
    one_at_a_time(ONE_BEGINNER)
    with timezone.override(timezone.get_current_timezone() if actor.user else ZoneInfo(actor.tenant.time_zone)):
        window, proven_at = _open_now(job, wave, region, at)
    _give_up_lost_work(job, wave, region, window)
    work = WindowWork(
        job=job, wave=wave, region=region, window=window if window.pk else None, rule=window.rule,
        is_emergency=not window.is_planned, starts_at=window.starts_at, ends_at=window.ends_at,
        proven_at=proven_at, started_at=at, started_by=actor.user,
    )  # fmt: skip
    if WindowWork.objects.running().of(job, wave, region).exists():
        raise Refused(_("“%(job)s” is running already.") % {"job": words.job(job)})
    work.save(force_insert=True)
    record(actor, "availability.work_begun", work, job=job)
    return work


@action
def end_work(actor: Actor, *, work: WindowWork, ok: bool, sentence: str = "") -> WindowWork:
    """Say how the work went: done or failed, and in one sentence what came of it. Said once, it stays."""
    require(actor, "availability.run_work")
    work = WindowWork.objects.select_for_update().get(pk=work.pk)
    if work.ended_at:
        raise Refused(_("This work has ended already."))
    _end(work, Outcome.DONE if ok else Outcome.FAILED, max(now(), work.started_at), sentence)
    record(actor, "availability.work_ended", work, job=work.job, outcome=work.outcome)
    return work


@action
def give_up_work(actor: Actor, *, job: str) -> int:
    """End what is said to run of this job, where whoever did it is known to be gone. Returns how many were lost."""
    require(actor, "availability.run_work")
    lost = WindowWork.objects.running().filter(job=job).select_for_update()
    for work in lost:
        _end(work, Outcome.LOST, max(now(), work.started_at), "")
        record(actor, "availability.work_ended", work, job=job, outcome=work.outcome)
    return len(lost)


@action
def prove_notices(actor: Actor) -> int:
    """Read every notice of the next 14 days back from where it must stand, and keep when it first stood there.

    In the hour before a window begins all of it is read again: where a page answers without the notice, its proof is
    gone. Returns how many proofs are new. A page that does not answer proves nothing; it is read again by the clock.
    """
    require(actor, "availability.run_work")
    at = now()
    refusals.refuse_clock_set_back(at)
    told: list[MaintenanceWindow | MaintenanceRule] = [*upcoming_windows(actor.tenant), *routine_rules()]
    fields = ("window", "rule", "sequence", "place", "audience")
    known = set(NoticeProof.objects.values_list(*fields))
    new = []
    for spot in proving.spots():
        open_here = [one for one in told if proving.concerned(one, [spot]) and _is_asked(one, spot, known, at)]
        if open_here and (pages := _read(spot)):
            standing = [one for one in open_here if proving.carries(pages, one)]
            new += [_proof(one, spot, at) for one in standing if _key(one, spot) not in known]
            _forget([one for one in open_here if one not in standing], spot)
    NoticeProof.objects.bulk_create(new, ignore_conflicts=True)
    if new:
        record(actor, "availability.notices_proven", count=len(new))
    return len(new)


def _open_now(job: str, wave: str, region: str, at: datetime) -> tuple[MaintenanceWindow, datetime | None]:
    """The window in which this work may begin, and since when its notice stood everywhere (an emergency: None)."""
    window = MaintenanceWindow.open_for(job, wave, region, at)
    if window is None:
        raise Refused(_outside(job))
    if window.kind != MaintenanceWindow.Kind.EMERGENCY:
        return window, _proven_in_time(window)
    _refuse_one_person_alone(window)
    return window, None


def _outside(job: str) -> str:
    following = MaintenanceWindow.objects.upcoming().for_job(job).first()
    if following is None:
        return _("“%(job)s” may run only inside a window that was announced for it, and there is none now.") % {
            "job": words.job(job)
        }
    return _("“%(job)s” may run only inside its window. The next one: %(window)s.") % {
        "job": words.job(job),
        "window": words.span(following),
    }


def _refuse_one_person_alone(window: MaintenanceWindow) -> None:
    if window.confirmed_by_id is None or window.confirmed_by_id == window.announced_by_id:
        raise Refused(_("An emergency begins only after a second person has confirmed it."))


def _proven_in_time(window: MaintenanceWindow) -> datetime:
    """Since when the notice stood everywhere it must. Refuses what was shown too late, or nowhere."""
    if not window.pk and not window.rule:
        raise Refused(_("This window was never announced."))
    since, missing = proving.proven_since(window)
    if since is not None and window.starts_at - since >= window.NOTICE:
        return since
    if since is None:
        where = ", ".join(sorted({str(NoticeProof.Place(spot.place).label) for spot in missing}))
        said = _("The notice was never seen to stand here, or is gone: %(places)s. Nothing begins.") % {"places": where}
    else:
        known = {"since": words.moment(since), "hours": window.NOTICE.total_seconds() / 3600}
        late = _("The notice stood everywhere only from %(since)s on, less than %(hours)d hours ahead: nothing begins.")
        said = late % known
    raise Refused(f"{said} {_what_can(window, since)}")


def _what_can(window: MaintenanceWindow, since: datetime | None) -> str:
    """When this work may begin at the earliest, and what has to be done for it."""
    told_from = (now() if since is None or window.pk else since) + window.NOTICE
    if window.pk or window.rule is None:  # with other times it is announced anew, and read back anew
        return _("Move the window: it can begin on %(earliest)s at the earliest.") % {
            "earliest": words.moment(refusals.whole_minutes(told_from + proving.READ_WITHIN))
        }
    following = MaintenanceWindow.foreseen(window.rule, told_from, told_from + timedelta(days=366))
    found = next((one for one in following if one.starts_at >= told_from), window)
    return _("It may begin on %(earliest)s at the earliest.") % {"earliest": words.moment(found.starts_at)}


def _give_up_lost_work(job: str, wave: str, region: str, window: MaintenanceWindow) -> None:
    """Work of an earlier window that never said how it ended keeps no later window shut."""
    earlier = WindowWork.objects.running().of(job, wave, region).filter(ends_at__lte=window.starts_at)
    for work in earlier.select_for_update():
        _end(work, Outcome.LOST, max(work.ends_at, work.started_at), "")


def _end(work: WindowWork, outcome: str, at: datetime, sentence: str) -> None:
    work.outcome, work.ended_at, work.sentence = outcome, at, sentence[:500]
    work.save(update_fields=["outcome", "ended_at", "sentence"])


def _read(spot: proving.Spot) -> list[str]:
    try:
        return proving.read(spot)
    except looking.NotShown:
        return []


def _is_asked(
    told: MaintenanceWindow | MaintenanceRule, spot: proving.Spot, known: set[tuple[Any, ...]], at: datetime
) -> bool:
    """Whether it is not known to stand there, or is a window about to begin."""
    begins_soon = isinstance(told, MaintenanceWindow) and at < told.starts_at <= at + READ_AGAIN
    return begins_soon or _key(told, spot) not in known


def _forget(gone: list[MaintenanceWindow | MaintenanceRule], spot: proving.Spot) -> None:
    for told in gone:
        window, rule, sequence, place, audience = _key(told, spot)
        of = {"window": window, "rule": rule, "sequence": sequence, "place": place, "audience": audience}
        NoticeProof.objects.filter(**of).delete()


def _key(told: MaintenanceWindow | MaintenanceRule, spot: proving.Spot) -> tuple[int | None, int | None, int, str, str]:
    of_rule = isinstance(told, MaintenanceRule)
    ids = (None, told.pk) if of_rule else (told.pk, None)
    return (*ids, told.sequence, spot.place, spot.audience)


def _proof(told: MaintenanceWindow | MaintenanceRule, spot: proving.Spot, at: datetime) -> NoticeProof:
    window, rule, sequence, place, audience = _key(told, spot)
    return NoticeProof(
        window_id=window, rule_id=rule, sequence=sequence, place=place, audience=audience, verified_at=at
    )
