"""Mail addresses that people type: only such as a letter can be written to."""

from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.utils.encoding import punycode

WELL_FORMED = EmailValidator(allowlist=[])  # no host without a dot: `localhost` is nobody's but ours


def refuse_unwritable(address: str) -> None:
    """Raises ValidationError for what the DNS cannot name (RFC 3490), for a literal, and for quotes (RFC 5321, 4.1.2).

    Django's own check lets through any sign of Unicode in a host, and the mail fails while it is built.
    """
    WELL_FORMED(address)
    local, _at, domain = address.rpartition("@")
    try:
        is_name = bool(WELL_FORMED.domain_regex.match(punycode(domain)))
    except UnicodeError:
        is_name = False
    if not is_name or not local.isascii() or local.startswith('"'):
        raise ValidationError(WELL_FORMED.message, code=WELL_FORMED.code)


class AddressField(forms.EmailField):
    """An address to which a letter can be written, from anywhere."""

    default_validators = [refuse_unwritable]
