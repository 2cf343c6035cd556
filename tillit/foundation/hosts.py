"""Names of servers, as they go over the wire."""

from __future__ import annotations


def wire_name(host: str) -> str:
    """A host as it goes over the wire: lower case, IDNA, without the root's dot. Raises ValueError where it is none."""
    name = host.strip().removesuffix(".").lower()
    if ":" not in name:  # an address of IPv6 stays
        try:
            name = name.encode("idna").decode("ascii") if not name.isascii() else name
        except UnicodeError as error:
            raise ValueError("the host is no name") from error
    if not name or len(name) > 253 or any(not 0 < len(label) < 64 for label in name.split(".")):
        raise ValueError("the host is no name")
    if not set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-._:"):
        raise ValueError("the host is no name")
    return name
