"""The operator's pages of releases and waves, and a customer's own."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tillit.availability import moving, words
from tillit.availability.releases import queries
from tillit.availability.releases.actions.plan import (
    WORDS,
    continue_release,
    hold_release,
    plan_release,
    roll_back_release,
)
from tillit.availability.releases.actions.waves import apply_waves, choose_wave, draw_waves
from tillit.availability.releases.forms import BecauseForm, PlanForm, WaveForm
from tillit.availability.releases.models import Release, WaveChoice
from tillit.foundation.access import require
from tillit.foundation.errors import Refused
from tillit.foundation.requests import Request

ENDINGS: dict[str, Callable[..., object]] = {
    "hold": hold_release,
    "continue": continue_release,
    "back": roll_back_release,
}


def releases(request: Request) -> HttpResponse:
    """Every release, who is in which wave, and the form that plans the next one."""
    require(request.actor, "releases.manage")
    form = PlanForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            planned = plan_release(request.actor, **form.planned())
        except Refused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            messages.success(request, _("Planned: %(version)s.") % {"version": planned})
            return redirect("releases:release", planned.pk)
    counts, shares = queries.customers_by_wave(), sorted(queries.percents().items())
    context = {
        "form": form,
        "found": queries.releases(),
        "percents": [(wave, percent, counts.get(wave, 0)) for wave, percent in shares],
        "nobody_first": shares[0][0] if shares and not counts.get(shares[0][0]) else "",
        "draw": queries.newest_draw(),
        "choices": queries.choices(),
        "rolling": queries.rollout_runs(),
    }
    return render(request, "releases/releases.html", context, status=422 if form.errors else 200)


def release(request: Request, pk: int) -> HttpResponse:
    """One release: its stages, what the gate sees, and what may be done."""
    require(request.actor, "releases.manage")
    found = get_object_or_404(Release.objects.prefetch_related("stages", "holds"), pk=pk)
    return _show(request, found, BecauseForm())


@require_POST
def change(request: Request, pk: int, what: str) -> HttpResponse:
    """Hold, let go on or take back, with a reason."""
    require(request.actor, "releases.manage")
    found = get_object_or_404(Release.objects.prefetch_related("stages", "holds"), pk=pk)
    form = BecauseForm(request.POST)
    if form.is_valid():
        try:
            ENDINGS[what](request.actor, release=found, because=form.cleaned_data["because"])
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("releases:release", found.pk)
    return _show(request, found, form)


@require_POST
def draw(request: Request) -> HttpResponse:
    try:
        draw_waves(request.actor)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        moved = apply_waves(request.actor)
        messages.success(request, _("Drawn anew. Customers in another wave now: %(count)s.") % {"count": moved})
    return redirect("releases:releases")


def mine(request: Request) -> HttpResponse:
    """A customer's wave, release and next turn; administrators may choose."""
    require(request.actor, "releases.see")
    choice = queries.choice_of(request.tenant)
    initial = {"wave": choice.wave if choice else WaveForm.DRAWN, "reason": choice.reason if choice else ""}
    shares, drawn = queries.percents(), queries.newest_draw()
    computed = queries.computed_wave(request.tenant, drawn, shares)
    posted = request.POST if request.method == "POST" else None
    form = WaveForm(posted, waves=shares, computed=computed, initial=initial)
    if form.is_valid():
        try:
            _choose(request, form, choice)
        except Refused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            return redirect("releases:mine")
    opened = queries.open_release()
    context = {
        "form": form,
        "choice": choice,
        "shares": shares,
        "computed": computed,
        "draw": drawn,
        "next_release": opened,
        "stage": queries.release_of(request.tenant, opened),
        "rolling": queries.rollout_runs(),
        "others": queries.what_changes(request.tenant, shares),
        "is_alone_first": queries.is_alone_in_first_wave(request.tenant, shares),
        **_waits(request, choice),
    }
    return render(request, "releases/mine.html", context, status=422 if form.errors else 200)


def _choose(request: Request, form: WaveForm, choice: WaveChoice | None) -> None:
    """Raises Refused."""
    said, stays = form.cleaned_data, form.cleaned_data["wave"] == request.tenant.wave
    own = choice if choice and not choice.by_operator else None
    if (own and (own.wave, own.reason) == (said["wave"], said["reason"])) or not (choice or said["wave"]):
        messages.info(request, _("That was your choice already. Nothing was changed."))
        return
    choose_wave(request.actor, **said)
    told = _("Chosen. You stay in this wave, also when the waves are drawn anew.") if stays else _("Chosen.")
    messages.success(request, told)


def _waits(request: Request, choice: WaveChoice | None) -> dict[str, Any]:
    """From when on the chosen wave may take effect, if it has not yet; or that it waits for overlong work."""
    if choice is None or choice.wave in ("", request.tenant.wave):
        return {}
    going = moving.Move.of(request.tenant, choice.wave, request.tenant.region)
    return {"waits_for_work": going.overruns, "waits_until": words.moment(going.earliest)}


def _show(request: Request, found: Release, form: BecauseForm) -> HttpResponse:
    said, new, rest = queries.verdict(found)
    context = {
        "found": found,
        "form": form,
        "hold": queries.current_hold(found),
        "next_stage": queries.next_stage(found) if found.is_open else None,
        "verdict": said,
        "because": [_(WORDS[word]) for word in said.because],
        "sides": [(_("On the release"), new), (_("On the release before"), rest)],
        "started": queries.started(found),
        "command": f"bin/tillit --data {shlex.quote(str(settings.DATA))} release",
    }
    return render(request, "releases/release.html", context, status=422 if form.errors else 200)
