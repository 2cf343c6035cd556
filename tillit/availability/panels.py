"""Fragments lent to lower pages: the notice before sign-in, the banner inside, the plan on the trust page."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.utils.timezone import get_current_timezone_name
from django.utils.translation import get_language
from django.views.decorators.http import require_POST

from tillit.availability import lastcopy, moving, queries
from tillit.availability.actions.notices import dismiss_notice, record_notice_shown
from tillit.availability.zone import in_operators_time
from tillit.foundation.clock import now
from tillit.foundation.models import Tenant
from tillit.foundation.requests import Request
from tillit.foundation.web import back, is_fragment


@login_not_required
def sign_in_notice(request: Request) -> HttpResponse:
    """Before anyone has signed in: the state, and every announced window of 14 days that concerns this tenant."""
    told = lastcopy.collect(request.tenant)
    context = {
        "notices": told,
        "interruptions": queries.merged(told.windows, request.tenant),
        "routine": queries.routine_rules(request.tenant),
        "days": queries.NOTICE_DAYS,
        "quiet": not request.tenant.is_operator,  # to a customer there is one wave and one region: its own
    }
    return render(request, "availability/sign_in_notice.html", context)


def banner(request: Request) -> HttpResponse:
    """Inside the session: the windows of the next days, until this person puts them away. What is shown is kept."""
    if not request.actor.user or not request.actor.may("availability.dismiss"):
        return HttpResponse(status=204)
    notices = queries.notices_for(request.actor.user, request.tenant)
    if not notices:
        return HttpResponse(status=204)
    if new := [key for (key, _sequence), shown_at in notices.items() if shown_at is None]:
        record_notice_shown(request.actor, windows=queries.windows_of(new))
    where = (get_language() or "en", get_current_timezone_name(), request.tenant.is_operator)
    told = _told(tuple(notices), int(now().timestamp() // 60), *where)
    return render(request, "availability/banner.html", {"windows": [key for key, _sequence in notices], **told})


@lru_cache(maxsize=256)
def _told(
    windows: tuple[tuple[int, int], ...], _minute: int, _language: str, _zone: str, says_whom: bool
) -> dict[str, Any]:
    """What the notice of these windows says: every page carries it, and it changes with the minute at most.

    A window that is moved has another sequence; one that is cancelled or over is no longer asked for.
    """
    interruptions = queries.by_weight(queries.merged(queries.windows_of(key for key, _sequence in windows)))
    context = {"interruptions": interruptions, "more": len(interruptions) - 1, "says_whom": says_whom}
    planned = all(window.is_planned for window in interruptions[0].windows[:1])
    return {"text": render_to_string("availability/_banner_text.html", context), "planned": planned}


@require_POST
def dismiss(request: Request) -> HttpResponse:
    chosen = [int(pk) for pk in request.POST.getlist("window") if pk.isdecimal() and len(pk) < 18]
    dismiss_notice(request.actor, windows=chosen)
    if is_fragment(request):
        return HttpResponse()
    return back(request)


def my_windows(request: Request) -> HttpResponse:
    """What is announced for this customer, for «My trust page»."""
    context = {
        "interruptions": queries.merged(queries.upcoming_windows(request.tenant), request.tenant),
        "days": queries.NOTICE_DAYS,
        "quiet": not request.tenant.is_operator,
    }
    return render(request, "availability/my_windows.html", context)


def mail_link(request: Request) -> HttpResponse:
    """On the profile: the way to the page where one says whether maintenance is told by mail."""
    if not request.actor.may("availability.dismiss"):
        return HttpResponse(status=204)
    return render(request, "availability/mail_link.html")


def placing(request: Request, tenant: int, wave: str, region: str, state: str) -> HttpResponse:
    """For the operator, before a customer is moved or let in: which maintenance changes, or why it must wait."""
    if not request.actor.may("availability.announce"):
        return HttpResponse(status=204)
    moved = get_object_or_404(Tenant, pk=tenant)
    opens = moving.lets_in(moved.state, state)
    going = moving.Move.of(moved, wave, region, opens=opens)
    context = {
        "tenant": moved,
        "refusal": moving.sentence(moved, going, opens=opens) if going.waits_for and not moved.is_operator else "",
        "gained": going.gained,
        "lost": going.lost,
        "routine": going.routine,
    }
    return render(request, "availability/placing.html", context)


@login_not_required
@in_operators_time
def plan_section(request: Request) -> HttpResponse:
    """The lines of the maintenance plan, as the trust page shows them."""
    return render(request, "availability/plan_section.html", {"lines": queries.plan_with_next_dates()})
