"""What an entry of the register compiles into: a way out of the machine, for one processor, host, port and purposes.

Plain values without a database, so that the broker can keep them in memory and ask them thousands of times a second.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from tillit.foundation.hosts import wire_name

DEFAULT_PORTS = {
    "https": 443,
    "http": 80,
    "smtp": 25,
    "smtp+starttls": 587,
    "smtps": 465,
    "imap": 143,
    "imaps": 993,
    "postgresql": 5432,
}


@dataclass(frozen=True)
class Route:
    """A host and port that a processor is reached at. `host` is in lower case and IDNA, as it goes over the wire."""

    processor: str  # its slug
    number: int  # which version of the processor
    protocol: str  # a key of DEFAULT_PORTS
    host: str
    port: int
    purposes: frozenset[str]
    opens_at: datetime
    closes_at: datetime | None
    private_network: bool  # may lie in the operator's own network
    shut_for: frozenset[int] = frozenset()  # tenants that object

    def open_for(self, tenant_id: int | None, moment: datetime) -> str:
        """ "" when open at this moment, else why not: `not-yet`, `ended` or `objection`.

        It opens with the second of `opens_at` and is shut from the second of `closes_at` on. `tenant_id` None is the
        cloud itself.
        """
        if moment < self.opens_at:
            return "not-yet"
        if self.closes_at is not None and moment >= self.closes_at:
            return "ended"
        return "objection" if tenant_id in self.shut_for else ""


def parse_reached_at(url: str) -> tuple[str, str, int]:
    """`https://api.post.example` -> (`https`, `api.post.example`, 443). Raises ValueError with an English reason.

    A host and perhaps a port; no user, path, query or fragment, because the broker could not keep to them.
    """
    parts = urlsplit(url.strip())
    if parts.scheme not in DEFAULT_PORTS:
        raise ValueError(f"the protocol is none of {', '.join(DEFAULT_PORTS)}")
    if parts.username is not None or parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError("only a protocol, a host and perhaps a port can be said")
    port = parts.port  # raises ValueError outside 0..65535
    if port == 0:
        raise ValueError("port 0 is none")
    return parts.scheme, wire_name(parts.hostname or ""), port or DEFAULT_PORTS[parts.scheme]
