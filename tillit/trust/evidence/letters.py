"""The mails to subscribers: plain text, in their language, left by a page with one button (RFC 8058)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from tillit.foundation.formats import local_datetime
from tillit.trust import queries as register
from tillit.trust.evidence.models import Subscriber
from tillit.trust.evidence.tokens import confirm_token, leave_token
from tillit.trust.models import Processor


def own_site() -> str:
    """The operator's own host, for mails that no request has asked for."""
    return f"{'https' if settings.HTTPS else 'http'}://{settings.BASE_HOST}"


def ask(subscriber: Subscriber, site: str) -> None:
    link = site + reverse("evidence:confirm", args=[confirm_token(subscriber.pk)])
    _send(subscriber, "evidence/mail_confirm.txt", site, link=link)


def already_there(subscriber: Subscriber, site: str) -> None:
    _send(subscriber, "evidence/mail_already.txt", site)


def tell(subscriber: Subscriber, facts: Mapping[str, Any]) -> None:
    """`facts`: `kind` (`announced` or `ended`), `slug`, `number`, and `in_force_at` where something comes."""
    row = Processor.objects.filter(slug=facts["slug"], number=facts["number"]).first()
    if row is None:
        return
    with translation.override(subscriber.language):
        moment = facts.get("in_force_at")
        begins = local_datetime(datetime.fromisoformat(moment)) if moment else ""
    page = f"{own_site()}{reverse('trust:page')}?lang={subscriber.language}#{row.slug}"
    context = {"row": row, "kind": facts["kind"], "begins": begins, "page": page}
    _send(subscriber, "evidence/mail_news.txt", own_site(), **context)


def _send(subscriber: Subscriber, template: str, site: str, **context: Any) -> None:
    leave = site + reverse("evidence:leave", args=[leave_token(subscriber.pk)])
    held = register.operator()
    said = {"leave": leave, "operator": held.name if held else settings.BASE_HOST} | context
    with translation.override(subscriber.language):
        subject, _blank, body = render_to_string(template, said).lstrip().partition("\n")
    headers = {
        "List-Unsubscribe": f"<{leave}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Auto-Submitted": "auto-generated",  # RFC 3834: nobody's absence notice answers
    }
    EmailMessage(subject.strip(), body.strip() + "\n", to=[subscriber.email], headers=headers).send()
