"""The key that seals documents, and what its certificate says.

Three places, the first that exists: the file `TILLIT_SEAL_PKCS12` names (passphrase: `TILLIT_SEAL_PASSPHRASE`), then
`keys/seal.pem` (key and certificate, then the chain) in the data folder. Where there is neither, one is made there,
and its certificate says that nobody but the operator vouches for it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID
from django.conf import settings
from django.utils.translation import gettext as _

from tillit.foundation.clock import now
from tillit.foundation.errors import Refused
from tillit.foundation.wholefile import make_once

SELF_MADE = "self-made"  # in the certificate's name, so that every reader of a document shows it
LASTS = timedelta(days=3650)


@dataclass(frozen=True)
class SealKey:
    """DER bytes: the private key (PKCS#8), its certificate, and the chain above it."""

    key: bytes
    certificate: bytes
    chain: tuple[bytes, ...]


@dataclass(frozen=True)
class Seal:
    """What people may know of it. `fingerprint`: SHA-256 of the certificate, 64 hexadecimal digits."""

    holder: str
    issuer: str
    self_made: bool
    fingerprint: str
    valid_from: datetime
    valid_to: datetime

    @property
    def fingerprint_in_groups(self) -> str:
        return " ".join(self.fingerprint[at : at + 4] for at in range(0, 64, 4))


def seal_key(holder: str, country: str = "") -> SealKey:
    """The key to seal with; made for the holder (the operator's name) where there is none.

    Raises Refused when a file is there and cannot be used.
    """
    if settings.SEAL_PKCS12:
        return _from_pkcs12(Path(settings.SEAL_PKCS12))
    if not _own_file().exists():
        _make(holder, country)
    return _from_pem(_own_file())


def current_seal() -> Seal | None:
    """What is known of the certificate in use; None before the first document was sealed."""
    found = certificate_in_use()
    return describe(found) if found else None


def certificate_in_use() -> bytes | None:
    """DER; None before the first document was sealed."""
    if not settings.SEAL_PKCS12 and not _own_file().exists():
        return None
    return seal_key("").certificate


def describe(certificate: bytes) -> Seal:
    read = x509.load_der_x509_certificate(certificate)
    holder, issuer = read.subject.rfc4514_string(), read.issuer.rfc4514_string()
    return Seal(
        _common_name(read.subject) or holder,
        _common_name(read.issuer) or issuer,
        read.subject == read.issuer,
        hashlib.sha256(certificate).hexdigest(),
        read.not_valid_before_utc,
        read.not_valid_after_utc,
    )


def _common_name(name: x509.Name) -> str:
    return next((str(found.value) for found in name.get_attributes_for_oid(NameOID.COMMON_NAME)), "")


def _own_file() -> Path:
    return Path(settings.DATA) / "keys" / "seal.pem"


def _from_pem(path: Path) -> SealKey:
    try:
        content = path.read_bytes()
        key = serialization.load_pem_private_key(content, None)
        first, *chain = x509.load_pem_x509_certificates(content)
    except (OSError, ValueError, TypeError) as error:
        raise _unusable(path) from error
    return _checked(path, key, first, chain)


def _from_pkcs12(path: Path) -> SealKey:
    passphrase = settings.SEAL_PASSPHRASE.encode() or None
    try:
        key, first, chain = pkcs12.load_key_and_certificates(path.read_bytes(), passphrase)
    except (OSError, ValueError) as error:
        raise _unusable(path) from error
    if key is None or first is None:
        raise _unusable(path)
    return _checked(path, key, first, chain)


def _checked(path: Path, key: object, first: x509.Certificate, chain: list[x509.Certificate]) -> SealKey:
    """The key has to be the certificate's, else every seal would be a broken one."""
    public = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    if key.public_key().public_bytes(*public) != first.public_key().public_bytes(*public):  # type: ignore[attr-defined]
        raise _unusable(path)
    private = key.private_bytes(  # type: ignore[attr-defined]
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return SealKey(private, _der(first), tuple(_der(above) for above in chain))


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)


def _unusable(path: Path) -> Refused:
    return Refused(_("The seal's key in %(file)s cannot be used. Check the file and its passphrase.") % {"file": path})


def _make(holder: str, country: str) -> None:
    """A key (P-256) and a certificate signed by itself; only one of two that start at once stays."""
    key = ec.generate_private_key(ec.SECP256R1())
    content = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ) + _self_signed(key, holder, country).public_bytes(serialization.Encoding.PEM)
    make_once(_own_file(), content)


def _self_signed(key: ec.EllipticCurvePrivateKey, holder: str, country: str) -> x509.Certificate:
    parts = [x509.NameAttribute(NameOID.COMMON_NAME, f"{holder[:50]} ({SELF_MADE})")]
    parts += [x509.NameAttribute(NameOID.ORGANIZATION_NAME, holder[:64])] if holder else []
    parts += [x509.NameAttribute(NameOID.COUNTRY_NAME, country)] if country else []
    name, since = x509.Name(parts), now().astimezone(UTC).replace(microsecond=0)
    others = "key_encipherment data_encipherment key_agreement key_cert_sign crl_sign encipher_only decipher_only"
    usage = dict.fromkeys(others.split(), False)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(since - timedelta(minutes=5))  # another machine's clock may be a little behind
        .not_valid_after(since + LASTS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(digital_signature=True, content_commitment=True, **usage), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
