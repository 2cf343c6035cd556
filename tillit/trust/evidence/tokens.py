"""Signed words in links and forms: nothing is kept for them, and nothing in them says who somebody is."""

from __future__ import annotations

from datetime import timedelta

from django.core import signing

CONFIRMED_WITHIN = timedelta(hours=48)
FORM_HOLDS = timedelta(hours=12)


def form_token() -> str:
    """Shows that whoever posts has been given the form not long ago: there is no session that a cookie could bind."""
    return signing.TimestampSigner(salt="evidence.form").sign("subscribe")


def is_form_token(token: str) -> bool:
    return _unsigned("evidence.form", token, FORM_HOLDS) == "subscribe"


def confirm_token(subscriber_id: int) -> str:
    return signing.TimestampSigner(salt="evidence.confirm").sign(str(subscriber_id))


def leave_token(subscriber_id: int) -> str:
    """Holds for ever: leaving must always work."""
    return signing.Signer(salt="evidence.leave").sign(str(subscriber_id))


def subscriber_to_confirm(token: str) -> int | None:
    """None where the link is wrong or too old."""
    return _number(_unsigned("evidence.confirm", token, CONFIRMED_WITHIN))


def subscriber_to_leave(token: str) -> int | None:
    try:
        return _number(signing.Signer(salt="evidence.leave").unsign(token))
    except signing.BadSignature:
        return None


def _unsigned(salt: str, token: str, within: timedelta) -> str | None:
    try:
        return signing.TimestampSigner(salt=salt).unsign(token, max_age=within)
    except signing.BadSignature:
        return None


def _number(said: str | None) -> int | None:
    return int(said) if said and said.isdecimal() else None
