"""Signed words in links and forms. Nothing is kept for them, and nothing in them says who somebody is."""

from __future__ import annotations

from datetime import timedelta

from django.core import signing

CONFIRMED_WITHIN = timedelta(days=2)
FORM_HOLDS = timedelta(hours=12)
FORM, CONFIRM, MINE, LEAVE = (
    "subscriptions.form",
    "subscriptions.confirm",
    "subscriptions.mine",
    "subscriptions.leave",
)


def form_token() -> str:
    """Shows that whoever sends a form was given it not long ago; no cookie binds it."""
    return signing.TimestampSigner(salt=FORM).sign("form")


def is_form_token(token: str) -> bool:
    return _word(FORM, token, FORM_HOLDS) == "form"


def token_for(salt: str, subscriber_id: int) -> str:
    """For a link: CONFIRM holds for two days, MINE and LEAVE as long as the subscription."""
    return signing.TimestampSigner(salt=salt).sign(str(subscriber_id))


def subscriber_in(salt: str, token: str) -> int | None:
    """None where the link is wrong or too old."""
    word = _word(salt, token, CONFIRMED_WITHIN if salt == CONFIRM else None)
    return int(word) if word and word.isdecimal() else None


def _word(salt: str, token: str, within: timedelta | None) -> str | None:
    try:
        return signing.TimestampSigner(salt=salt).unsign(token, max_age=within)
    except signing.BadSignature:
        return None
