"""Measures with their checks, certificates and retention rules for everybody, as page, JSON and badge; the operator's
page of all checks. No address here sets a state: the only verb is to ask a check again."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from tillit.foundation.access import require
from tillit.foundation.checks import known_checks, tell
from tillit.foundation.formats import local_datetime
from tillit.foundation.requests import Request
from tillit.foundation.texts import pick
from tillit.trust.proof.actions.checks import run_check
from tillit.trust.proof.badges import Badge, State
from tillit.trust.proof.models.checks import Canary, CheckRun
from tillit.trust.proof.queries import checks as queries
from tillit.trust.publishing import public_page
from tillit.trust.queries import operator
from tillit.trust.views.machine import twin

SHOWN_RUNS = 50
SVG = "image/svg+xml; charset=utf-8"
INKS = {
    State.GREEN: "#1a5c38",
    State.AMBER: "#7a4a00",
    State.RED: "#9b1c1c",
    State.GREY: "#52504c",
}  # on white: > 4.5:1
LETTER = 6.4  # width of one at the badge's size, in units of the drawing; the text is set to the width so found


@login_not_required
def section(request: Request) -> HttpResponse:
    """The part of the trust page that says what is proven, by what and when."""
    held = operator()
    context = {
        "measures": queries.proven_measures(),
        "certificates": queries.held_certificates(),
        "rules": queries.kept_rules(),
        "order": held.languages if held else [],
        "zone": timezone.get_current_timezone_name(),
    }
    return render(request, "proof/section.html", context)


@public_page
def checks_json(_request: Request) -> JsonResponse:
    return twin(checks=[_measure(one) for one in queries.proven_measures()])


@public_page
def certificates_json(_request: Request) -> JsonResponse:
    return twin(certificates=[_certificate(one) for one in queries.held_certificates()])


@public_page
def retention_json(_request: Request) -> JsonResponse:
    return twin(retention=[_rule(one) for one in queries.kept_rules()])


@public_page
def badge(request: Request, slug: str) -> HttpResponse:
    """A measure's state as a picture, to be shown elsewhere."""
    found = queries.proven_measure(slug)
    if found is None:
        raise Http404("no such measure")
    said = f"{found.badge.sign} {found.badge.word}"
    title = [
        pick(found.measure.text)[0],
        found.badge.word,
        found.badge.reason or (found.run.finding if found.run else ""),
    ]
    if found.run:
        title.append(_("Checked %(at)s.") % {"at": local_datetime(found.run.at)})
    left, right = round(len(slug) * LETTER), round(len(said) * LETTER)
    context = {
        "title": " – ".join(part for part in title if part),
        "name": slug,
        "said": said,
        "left": {"width": left + 12, "text": left, "x": 6},
        "right": {"width": right + 12, "text": right, "x": left + 18},
        "width": left + right + 24,
        "ink": INKS[found.badge.state],
        "language": translation.get_language(),
    }
    response = render(request, "proof/badge.svg", context, content_type=SVG)
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@require_safe
def desk(request: Request) -> HttpResponse:
    """Every check there is, with its last run."""
    require(request.actor, "proof.run_checks")
    states = queries.check_states()
    failing = sum(1 for state in states if state.run and state.run.ok is False)
    return render(request, "proof/checks.html", {"states": states, "failing": failing})


@require_safe
def history(request: Request, name: str) -> HttpResponse:
    """The runs of one check, newest first."""
    require(request.actor, "proof.run_checks")
    before = request.GET.get("before", "")
    runs = CheckRun.objects.filter(name=_known(name)).order_by("-id")
    if before.isdecimal() and len(before) < 19:
        runs = runs.filter(pk__lt=int(before))
    shown = list(runs[: SHOWN_RUNS + 1])
    older = f"?before={shown[SHOWN_RUNS - 1].pk}" if len(shown) > SHOWN_RUNS else ""
    return render(request, "proof/check.html", {"name": name, "runs": shown[:SHOWN_RUNS], "older": older})


@require_POST
def run_now(request: Request) -> HttpResponse:
    """Ask one check (`name`) or all of them."""
    require(request.actor, "proof.run_checks")
    name = request.POST.get("name", "")
    runs = [run_check(request.actor, name=one) for one in ([_known(name)] if name else known_checks())]
    if failed := [run for run in runs if run and not run.ok]:
        messages.error(request, _("Failed: %(checks)s") % {"checks": ", ".join(run.name for run in failed)})
    elif any(runs):
        messages.success(request, _("Checked; all is well."))
    else:
        messages.info(request, _("This cannot be judged yet."))
    return redirect("proof:check", name) if name else redirect("proof:checks")


def _known(name: str) -> str:
    if name not in known_checks():
        raise Http404("no such check")
    return name


def _measure(one: queries.ProvenMeasure) -> dict[str, Any]:
    return {
        "slug": one.measure.slug,
        "text": one.measure.text,
        "state": one.badge.state,
        "check": one.measure.checked_by or None,
        "checked_at": one.run.at if one.run else None,
        "ok": one.run.ok if one.run else None,
        "finding": _told(one.run) if one.run else None,
        "figures": one.run.figures if one.run else None,
        "period_hours": one.period_hours,
        "claim_until": one.measure.claim_until,
    }


def _told(run: CheckRun) -> dict[str, str]:
    """What it found, in every language of the product."""
    told = {}
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            told[code] = tell(run.message, run.figures)
    return told


def _certificate(one: queries.HeldCertificate) -> dict[str, Any]:
    row = one.certificate
    dates = ("valid_from", "valid_to", "report_from", "report_to", "planned_for")
    return {
        "slug": row.slug,
        "standard": row.standard,
        "state": one.badge.state,
        "holder": row.processor or None,
        "body": row.body or None,
        "number": row.certificate_number or None,
        "scope": row.scope or None,
        **{name: getattr(row, name) for name in dates},
        "access": row.access or "public",
        "link": row.link or None,
    }


def _rule(one: queries.KeptRule) -> dict[str, Any]:
    state: Badge | None = one.badge
    return {
        "holding": one.holding,
        "slug": one.rule.slug if one.rule else None,
        "hours": one.rule.hours if one.rule else None,
        "text": one.rule.text if one.rule else None,
        "state": state.state if state else None,
        "last_proof": _canary(one.proof),
        "under_way": _canary(one.living),
    }


def _canary(canary: Canary | None) -> dict[str, Any] | None:
    if canary is None:
        return None
    return {
        "planted_at": canary.planted_at,
        "used_at": canary.used_at,
        "gone_at": canary.gone_at,
        "due_at": canary.due_at,
        "late": canary.is_late(),
    }
