"""A broker for tests: the real one, in this process, with routes a test declares and names only it knows.

Its threads never see the database. `tell` writes down what was decided in the test's own transaction.
"""

from __future__ import annotations

import datetime
import ipaddress
import shutil
import socket
import ssl
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tillit.foundation import outbound
from tillit.foundation.models import Tenant
from tillit.trust.broker import addresses
from tillit.trust.broker.addresses import resolve
from tillit.trust.broker.journal import Journal
from tillit.trust.broker.queries import read_register
from tillit.trust.broker.rules import Named, Register, Rules
from tillit.trust.broker.server import Broker
from tillit.trust.broker.telling import Teller
from tillit.trust.routes import Route, parse_reached_at

SMALLEST_REGISTER = """
format = 1
[operator]
name = "Tillit Drift (invented)"
contact = "mailto:trust@tillit.example"
security_contact = "mailto:security@tillit.example"
time_zone = "Europe/Oslo"
languages = ["en"]
[promises]
notice_hours = 24
"""
LONG_AGO = datetime.datetime(2020, 1, 1, tzinfo=UTC)


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class House:
    """The broker's rules and names, as a test wants them. Every name of `names` is found; others as usual."""

    def __init__(self, folder: Path) -> None:
        self.place = folder / "socket"
        self.names: dict[str, list[str]] = {}
        self.asked_for: list[str] = []
        self.routes: list[Route] = []
        self.tenants: frozenset[int] = frozenset()
        self.named: frozenset[Named] = frozenset()
        self.operator = 0
        self.database_ahead = timedelta(0)  # of this machine's clock
        self.rules = Rules(self._register, steady=lambda: 0.0)
        self.journal = Journal(folder / "journal")
        self.broker = Broker(self.rules, self.journal, resolver=self.resolve)

    def declare(self, url: str, **said: Any) -> Route:
        """A route to `url`, open since long ago and private unless said otherwise."""
        protocol, host, port = parse_reached_at(url)
        facts: dict[str, Any] = {
            "processor": "post",
            "number": 1,
            "purposes": frozenset({"mail"}),
            "opens_at": LONG_AGO,
            "closes_at": None,
            "private_network": True,
            "shut_for": frozenset(),
        }
        route = Route(protocol=protocol, host=host, port=port, **(facts | said))
        self.routes = [*(known for known in self.routes if (known.host, known.port) != (host, port)), route]
        self.refresh()
        return route

    def refresh(self) -> None:
        """As after a change of the register, or a second."""
        tenants = dict(Tenant.objects.values_list("pk", "kind"))
        self.named = read_register().named
        self.tenants = frozenset(tenants)
        self.operator = next(pk for pk, kind in tenants.items() if kind == Tenant.Kind.OPERATOR)
        self.rules.refresh()

    def resolve(self, host: str, port: int) -> list[str]:
        self.asked_for.append(host)
        return self.names[host] if host in self.names else resolve(host, port)

    def tell(self) -> int:
        """Write down what was decided; waits for connections that are just ending."""
        deadline = time.monotonic() + 10
        while self.journal.opened() and time.monotonic() < deadline:
            time.sleep(0.002)
        return Teller(self.journal).tell()

    def _register(self) -> Register:
        moment = datetime.datetime.now(UTC) + self.database_ahead
        return Register(tuple(self.routes), self.tenants, self.operator, moment, self.named)


@pytest.fixture
def broker(operator_tenant: Tenant, settings: Any) -> Iterator[House]:
    """A broker that lets nothing out until the test declares it."""
    folder = Path(tempfile.mkdtemp(prefix="tillit-broker-"))
    house = House(folder)
    house.refresh()
    house.broker.start(house.place)
    settings.BROKER_SOCKET = house.place
    yield house
    house.broker.stop(grace=0.2)
    house.journal.close()
    shutil.rmtree(folder)


@pytest.fixture
def world_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loopback stands for the world outside: for a recipient the real broker goes to no private address."""
    monkeypatch.setattr(addresses, "may_be_reached", lambda text, *, private: private or text == "127.0.0.1")


class Authority:
    """A certificate authority of the test's own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Test authority (invented)")])
        self.place = folder / "authority.pem"
        self.place.write_bytes(self._sign(self.name, self.key.public_key(), None).public_bytes(PEM))

    def serve(self, *hosts: str) -> ssl.SSLContext:
        """What a server with these names uses."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate(*hosts))
        return context

    def certificate(self, *hosts: str) -> Path:
        """A file with key and certificate for these names."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, hosts[0])])
        names = x509.SubjectAlternativeName([_general(host) for host in hosts])
        secret = key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        place = self.folder / f"{hosts[0]}.pem"
        place.write_bytes(secret + self._sign(subject, key.public_key(), names).public_bytes(PEM))
        place.chmod(0o600)
        return place

    def _sign(self, subject: x509.Name, key: Any, names: x509.SubjectAlternativeName | None) -> x509.Certificate:
        now = datetime.datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=3650))
            .add_extension(x509.BasicConstraints(ca=names is None, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
        )
        if names is not None:
            builder = builder.add_extension(names, critical=False)
        return builder.sign(self.key, hashes.SHA256())


PEM = serialization.Encoding.PEM


def _general(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Authority]:
    """An authority that outgoing connections believe."""
    made = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.place))
    outbound.certificates.cache_clear()
    yield made
    outbound.certificates.cache_clear()
