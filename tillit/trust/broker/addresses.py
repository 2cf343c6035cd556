"""From a name to addresses that may be reached: resolved once, all of them checked, and then connected to directly.

Whoever may name a host could otherwise let its name point into the house, at once or at the second look (DNS
rebinding).
"""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Callable

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolver = Callable[[str, int], list[str]]

CONNECT_SECONDS = 5.0  # for one address
REACH_SECONDS = 10.0  # for all of a name's addresses
MOST_ADDRESSES = 16
THIS_NETWORK = ipaddress.ip_network("0.0.0.0/8")  # RFC 1122: a source, never a destination
UNICAST = ipaddress.ip_network("2000::/3")  # RFC 4291: nothing else of IPv6 is given out, whatever it may lead to
NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052: an IPv4 address in its last 32 bits


class NotFound(Exception):
    """The name has no address."""


class Forbidden(Exception):
    """One of the name's addresses lies where nothing may go."""


def resolve(host: str, port: int) -> list[str]:
    """The addresses the system's resolver knows. Raises NotFound."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:  # a label may have at most 63 letters
        raise NotFound(host) from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def may_be_reached(text: str, *, private: bool) -> bool:
    """Whether a connection may go to this address; `private`: into the operator's own network, too.

    Never to link-local (where clouds keep their machines' secrets), multicast, unspecified or reserved ones.
    """
    try:
        address = _within(ipaddress.ip_address(text.partition("%")[0]))
    except ValueError:
        return False
    if address.is_multicast or address.is_unspecified or address.is_link_local:
        return False
    if isinstance(address, ipaddress.IPv4Address):
        if address in THIS_NETWORK or address.is_reserved:
            return False
    elif address.sixtofour or address.teredo or not (private or address in UNICAST):
        return False  # tunnels and translations end where nobody has looked
    return private or address.is_global


def _within(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for, else itself."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def reach(host: str, port: int, *, private: bool, resolver: Resolver = resolve) -> socket.socket:
    """A connection to the host. Raises NotFound, Forbidden, TimeoutError or another OSError."""
    addresses = resolver(host, port)[:MOST_ADDRESSES]
    if not addresses:
        raise NotFound(host)
    if not all(may_be_reached(address, private=private) for address in addresses):
        raise Forbidden(host)
    deadline, failure = time.monotonic() + REACH_SECONDS, OSError("no address")
    for address in addresses:
        left = deadline - time.monotonic()
        if left <= 0:
            break
        try:
            made = socket.create_connection((address, port), timeout=min(left, CONNECT_SECONDS))
        except OSError as error:
            failure = error
        else:
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return made
    raise failure
