"""What was said about incidents, and what is known of parts, in templates."""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from tillit.availability import words
from tillit.availability.filling import moment
from tillit.availability.markdown import paragraphs, render
from tillit.availability.models import Component, Incident, IncidentUpdate, PostmortemDraft, UpdateVersion
from tillit.availability.models.components import Shown
from tillit.foundation.clock import now
from tillit.foundation.texts import language_mark, pick

register = template.Library()
register.filter("moment", moment)


@register.filter
def said(update: IncidentUpdate | UpdateVersion | PostmortemDraft) -> SafeString:
    """The words of an update in the reader's language, marked where they are in another; of a post-mortem as pages."""
    chosen, code = pick(update.body)
    of = update.update if isinstance(update, UpdateVersion) else update
    looks_back = isinstance(of, PostmortemDraft) or of.status == Incident.Status.POSTMORTEM
    body = render(chosen) if looks_back else paragraphs(chosen)
    mark = language_mark(code) if chosen else ""
    if not mark:
        return format_html('<div class="said">{}</div>', body)
    return format_html('<div class="said" lang="{}">{}</div> <span class="lang-mark">({})</span>', code, body, mark)


@register.filter
def measured(component: Component) -> tuple[str, str]:
    """What probes prove of a part just now, in words and tone; unknown where nothing fresh does."""
    state = Shown(component.measured(now()))
    return str(state.label), words.STATE_TONES[state]


@register.filter
def contradicts(component: Component) -> bool:
    """Whether what is said of a part and what is freshly measured of it are different states."""
    return component.measured(now()) not in (Shown.UNKNOWN, component.state)
