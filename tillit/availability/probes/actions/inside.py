"""Questions this installation asks itself: does a job get done, does mail leave and come in, is a file found again."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from time import monotonic

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction

from tillit.availability.probes.actions.probers import OURS
from tillit.availability.probes.actions.samples import Measured, take_samples
from tillit.availability.probes.models import Errand, Prober, Sample
from tillit.availability.probes.plan import PROBES
from tillit.availability.probes.queries import probe_tenant, why_no_mail_in
from tillit.foundation import files
from tillit.foundation.access import Actor, action, require
from tillit.foundation.clock import now
from tillit.foundation.errors import Refused
from tillit.foundation.jobs import later
from tillit.foundation.mail import PROBE, ROUND_TRIP, own_address
from tillit.foundation.models import CameBack, OutgoingMail, StoredFile
from tillit.foundation.tenancy import in_tenant

LINE = b"Written by a probe.\n"
LETTERS = {"mail-out": PROBE, "mail-in": ROUND_TRIP}  # to whom


@action
def ask_inside(actor: Actor) -> None:
    """Send out the questions of this minute, and settle those of before: answered, or too late. Every minute."""
    require(actor, "probes.measure")
    for probe in ("jobs", "mail-out", "mail-in"):
        if _is_due(probe, now()) and _can_ask(probe):
            _send_out(actor, probe, now())
    _settle(actor, now())
    if _is_due("documents", now()):
        _take(actor, [_try_documents(now())])


@action
def answer_errand(actor: Actor, *, errand_id: int) -> None:
    """That a job was done: the answer is how long it waited."""
    require(actor, "probes.measure")
    errand = Errand.objects.select_for_update().filter(pk=errand_id).first()
    if errand is not None:
        _take(actor, [_answer(errand, now())])
        errand.delete()


def _is_due(probe: str, at: datetime) -> bool:
    """In the first minute of its slot; also at once, when nobody has asked for a while. Never twice in a minute."""
    minute = at.replace(second=0, microsecond=0)
    asked = list(Errand.objects.filter(probe=probe).values_list("asked_at", flat=True))
    sample = Sample.objects.filter(probe=probe, prober__name=OURS).order_by("-at").first()
    last = max([*asked, *([sample.at] if sample else [])], default=None)
    if last and last >= minute:
        return False
    return at.minute % PROBES[probe].slot == 0 or not last or at - last > timedelta(seconds=PROBES[probe].every)


def _can_ask(probe: str) -> bool:
    return probe != "mail-in" or not why_no_mail_in()


def _send_out(actor: Actor, probe: str, at: datetime) -> None:
    errand = Errand(probe=probe, asked_at=at)
    if probe in LETTERS:
        to, mark = LETTERS[probe], secrets.token_hex(16)
        headers = {"To": own_address(), "Auto-Submitted": "auto-generated"} if to == ROUND_TRIP else {}
        EmailMessage(f"Probe {mark}", "Written by a probe.\n", to=[to], headers=headers).send()
        errand.mail = OutgoingMail.objects.get(to=to, subject=f"Probe {mark}").pk
    errand.save(force_insert=True)
    if probe == "jobs":
        later("probes.answer_errand", actor, errand_id=errand.pk)


def _settle(actor: Actor, at: datetime) -> None:
    """Messages that have left or come in since, and whatever has waited longer than its patience."""
    answers = []
    for errand in Errand.objects.select_for_update():
        left = _left(errand)
        if left:
            answers.append(_answer(errand, left))
        elif not _can_ask(errand.probe):  # the mailbox was taken out of the settings
            pass
        elif at - errand.asked_at > timedelta(seconds=PROBES[errand.probe].patience):
            answers.append(Measured(errand.probe, errand.asked_at, ok=False, what="late"))
        else:
            continue
        if errand.mail:  # it would fill the operator's page
            OutgoingMail.objects.filter(pk=errand.mail, to__in=LETTERS.values()).delete()
        errand.delete()
    _take(actor, answers)


def _left(errand: Errand) -> datetime | None:
    """When the message was handed over; where no relay is set, it is kept to be read, which is all there is.

    Of what goes to our own mailbox: when it was taken in there.
    """
    if errand.probe == "mail-in":
        return CameBack.objects.filter(mail=errand.mail, kind=CameBack.Kind.ITSELF).values_list("at", flat=True).first()
    mail = OutgoingMail.objects.filter(pk=errand.mail).first() if errand.mail else None
    if mail is None:
        return None
    return mail.sent_at or (None if settings.SMTP_URL else errand.asked_at)


def _answer(errand: Errand, at: datetime) -> Measured:
    took = max(timedelta(), at - errand.asked_at)
    late = took > timedelta(seconds=PROBES[errand.probe].patience)
    milliseconds = round(took.total_seconds() * 1000)
    return Measured(errand.probe, errand.asked_at, not late, milliseconds, "late" if late else "")


def _try_documents(at: datetime) -> Measured:
    """Write a file of the probes' tenant, read it and remove it again."""
    tenant = probe_tenant()
    began, what = monotonic(), "no-account"
    if tenant is not None:
        try:
            with transaction.atomic(), in_tenant(tenant):
                kept = files.keep(Actor.system(tenant), name="probe.txt", chunks=[LINE], limit=len(LINE))
                again = files.path_of(StoredFile.objects.get(pk=kept.pk)).read_bytes()
                files.discard(kept)
            what = "" if again == LINE else "other-bytes"
        except (OSError, Refused):
            what = "disk"
    return Measured("documents", at, not what, round((monotonic() - began) * 1000), what)


def _take(actor: Actor, samples: list[Measured]) -> None:
    ours = Prober.objects.filter(name=OURS).first()
    if samples and ours:
        take_samples(actor, prober=ours, samples=samples)
