"""How often one address may be asked to confirm, and one network may ask: counted under keyed hashes, for an hour."""

from __future__ import annotations

from ipaddress import ip_address

from allauth.account.adapter import get_adapter
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.utils.crypto import salted_hmac

from tillit.foundation.requests import Request

HOUR = 3600
MOST = {"address": 3, "network": 20}
HOUSE_BITS = {4: 8, 6: 80}  # left out of an address: what remains is one house or company


def may_ask(request: Request, email: str) -> bool:
    """Count this attempt. False where one of the two has had enough."""
    counted = [_once_more("address", email), _once_more("network", _network(request))]
    return all(counted)


def _network(request: Request) -> str:
    try:
        address = ip_address(get_adapter().get_client_ip(request))  # knows how many proxies stand in front
    except (ValueError, PermissionDenied):
        return "unknown"
    return f"{address.version}/{int(address) >> HOUSE_BITS[address.version]}"


def _once_more(kind: str, who: str) -> bool:
    key = f"subscriptions-{kind}-{salted_hmac('subscriptions.limits', who).hexdigest()[:32]}"
    cache.add(key, 0, HOUR)
    try:
        return bool(cache.incr(key) <= MOST[kind])
    except ValueError:  # it expired between the two
        return True
