"""A person's own pages: profile, appearance, access tokens, sessions."""

from __future__ import annotations

from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from tillit.foundation.errors import Refused
from tillit.foundation.requests import Request
from tillit.foundation.web import back
from tillit.tenants.actions.sign_in import (
    PROFILE,
    change_profile,
    create_access_token,
    end_session,
    revoke_access_token,
)
from tillit.tenants.forms import ProfileForm, TokenForm, time_zones
from tillit.tenants.queries import tokens_of


def profile(request: Request) -> HttpResponse:
    now = {field: getattr(request.user, field) for field in PROFILE}
    form = ProfileForm(request.POST or None, initial=now)
    if request.method == "POST" and form.is_valid():
        user = change_profile(request.actor, profile=form.cleaned_data)
        with translation.override(user.language):
            messages.success(request, _("Saved."))
        return redirect("tenants:profile")
    context = {"form": form, "zones": time_zones()}
    return render(request, "tenants/profile.html", context, status=422 if form.errors else 200)


@require_POST
def appearance(request: Request) -> HttpResponse:
    """Theme or language from the person's menu; back to where the menu was opened."""
    chosen = {field: request.POST[field] for field in ("theme", "language") if field in request.POST}
    try:
        change_profile(request.actor, profile=chosen)
    except ValidationError:
        messages.error(request, _("This choice does not exist."))
    return back(request)


@never_cache
def tokens(request: Request) -> HttpResponse:
    """The list, and the form for a new one. The secret is shown in the answer to the form, once, and kept nowhere."""
    form = TokenForm(request.POST or None)
    created = secret = None
    if request.method == "POST" and form.is_valid():
        try:
            created, secret = create_access_token(
                request.actor, name=form.cleaned_data["name"], expires_at=form.expires_at()
            )
        except Refused as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            form = TokenForm()
    context = {"form": form, "created": created, "secret": secret, "tokens": tokens_of(request.actor)}
    return render(request, "tenants/tokens.html", context, status=422 if form.errors else 200)


def revoke_token(request: Request, pk: int) -> HttpResponse:
    token = get_object_or_404(tokens_of(request.actor), pk=pk)
    if request.method == "POST":
        try:
            revoke_access_token(request.actor, token=token)
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("The token was revoked."))
        return redirect("tenants:tokens")
    return render(request, "tenants/revoke_token.html", {"token": token})


@require_POST
def end_one_session(request: Request, pk: int) -> HttpResponse:
    session = get_object_or_404(UserSession, pk=pk, user=request.user)
    end_session(request.actor, session=session)
    messages.success(request, _("The session was ended."))
    return redirect("tenants:sessions")
