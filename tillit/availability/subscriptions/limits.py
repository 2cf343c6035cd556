"""How often one address may be asked to confirm, and one network may ask: counted under keyed hashes, for an hour.

The numbers stand in the settings (`ACCOUNT_RATE_LIMITS`), beside those of signing in.
"""

from __future__ import annotations

from ipaddress import ip_address

from allauth.account.adapter import get_adapter
from allauth.core import ratelimit
from django.core.exceptions import PermissionDenied
from django.utils.crypto import salted_hmac

from tillit.foundation.requests import Request

HOUSE_BITS = {4: 8, 6: 80}  # left out of an address: what remains is one house or company


def may_ask(request: Request, email: str) -> bool:
    """Count this attempt. False where one of the two has had enough."""
    counted = {"status_subscription": email, "status_subscriptions": _network(request)}
    return all([_once_more(request, action, who) for action, who in counted.items()])


def _once_more(request: Request, action: str, who: str) -> bool:
    return bool(ratelimit.consume(request, action=action, key=salted_hmac("subscriptions.limits", who).hexdigest()))


def _network(request: Request) -> str:
    try:
        address = ip_address(get_adapter().get_client_ip(request))  # knows how many proxies stand in front
    except (ValueError, PermissionDenied):
        return "unknown"
    return f"{address.version}/{int(address) >> HOUSE_BITS[address.version]}"
