"""How often an address may be asked to confirm, and a network may ask: kept as keyed hashes, for an hour."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

from allauth.account.adapter import get_adapter
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.utils.crypto import salted_hmac

from tillit.foundation.requests import Request

HOUR = 3600
MOST_FOR_ADDRESS = 3
MOST_FROM_NETWORK = 20


def may_ask(request: Request, email: str) -> bool:
    """Count this attempt; False where the address or the network has had enough for now."""
    within = [_count("network", network_of(request), MOST_FROM_NETWORK), _count("address", email, MOST_FOR_ADDRESS)]
    return all(within)


def network_of(request: Request) -> str:
    """The /24 of an IPv4 address, the /48 of an IPv6 one: what one house or company usually has."""
    try:
        address = ip_address(get_adapter().get_client_ip(request))  # knows how many proxies stand in front
    except (ValueError, PermissionDenied):
        return "unknown"
    return str(ip_network(f"{address}/{24 if address.version == 4 else 48}", strict=False))


def _count(kind: str, said: str, most: int) -> bool:
    key = f"evidence-{kind}-{salted_hmac('evidence.limits', said).hexdigest()[:32]}"
    cache.add(key, 0, HOUR)
    try:
        return bool(cache.incr(key) <= most)
    except ValueError:  # it went between the two
        return True
