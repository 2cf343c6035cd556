"""Addresses of versions, inside and outside, and the words for how a clause differs."""

from __future__ import annotations

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from tillit.trust.agreements.comparison import Change
from tillit.trust.agreements.models import AgreementVersion

register = template.Library()
WORDS = {Change.CHANGED: _("changed"), Change.MOVED: _("moved"), Change.ADDED: _("new"), Change.REMOVED: _("gone")}
TONES = {Change.CHANGED: "info", Change.MOVED: "idle", Change.ADDED: "good", Change.REMOVED: "bad"}


@register.simple_tag
def version_address(version: AgreementVersion, inside: bool = False) -> str:
    name = "agreements:read_version" if inside else "agreements:version"
    return reverse(name, args=[version.agreement, version.number])


@register.simple_tag
def compare_address(version: AgreementVersion, inside: bool = False) -> str:
    """The version beside the one before it."""
    if inside:
        return reverse("agreements:compare_inside", args=[version.agreement, version.number - 1, version.number])
    return f"{reverse('agreements:compare', args=[version.agreement])}?from={version.number - 1}&to={version.number}"


@register.simple_tag
def change_badge(change: Change, side: str) -> SafeString:
    """What happened to a clause, on the newer side; on the older one only that it is gone."""
    if change not in WORDS or (side == "old") != (change == Change.REMOVED):
        return SafeString("")
    return format_html('<span class="badge" data-tone="{}">{}</span>', TONES[change], WORDS[change])
