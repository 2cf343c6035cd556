"""Seals on documents: PAdES (ETSI EN 319 142-1) by pyHanko, made and checked without asking anybody.

Without a time-stamping service the level is B-B: the time is this machine's word. Where the register declares a
processor for the purpose `time-stamping`, its time (RFC 3161) is embedded, B-T; where the service's roots lie in
`keys/time-stamping-roots.pem` as well, everything needed to check the seal in later years goes in too, B-LTA.

Loading pyHanko takes a second: workers and the command line import this module, pages import `sealkey`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from asn1crypto import cms, keys, tsp, x509  # type: ignore[import-untyped]
from django.conf import settings
from pyhanko.keys import load_certs_from_pemder
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.signers.pdf_signer import DSSContentSettings, TimestampDSSContentSettings
from pyhanko.sign.timestamps import TimeStamper, TimestampRequestError
from pyhanko.sign.validation import EmbeddedPdfSignature, validate_pdf_signature
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator.context import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from tillit.foundation.errors import Refused
from tillit.foundation.outbound import call
from tillit.trust.agreements.sealed.sealkey import SealKey

PURPOSE = "time-stamping"
SEALING_USAGE = KeyUsageConstraints(key_usage={"digital_signature", "non_repudiation"}, match_all_key_usages=False)


@dataclass(frozen=True)
class Check:
    """What a sealed document proves. `whole`: not a byte changed since. `fingerprint`: of the sealing certificate."""

    whole: bool
    genuine: bool
    fingerprint: str = ""
    sealed_at: datetime | None = None
    stamped: bool = False

    @property
    def holds(self) -> bool:
        return self.whole and self.genuine


class DeclaredService(TimeStamper):
    """A time-stamping service (RFC 3161 over HTTP) of the register, asked through the only way out."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        return tsp.TimeStampResp.load(self.ask(req.dump()))

    def ask(self, query: bytes) -> bytes:
        """Raises TimestampRequestError when the service is shut, away or refuses."""
        kind = {"Content-Type": "application/timestamp-query"}
        try:
            reply = call(None, PURPOSE, "POST", self.url, body=query, headers=kind)
        except Refused as refused:
            raise TimestampRequestError(str(refused)) from refused
        if reply.status != 200:
            raise TimestampRequestError(f"{self.url} answered {reply.status}.")
        return reply.body


def sealed(document: bytes, seal_key: SealKey, *, reason: str, stamper: TimeStamper | None = None) -> bytes:
    """The PDF with a seal that forbids every later change. Raises TimestampRequestError; the job then tries again."""
    roots = _roots() if stamper else []
    described = PdfSignatureMetadata(
        field_name="Seal",
        reason=reason,
        subfilter=SigSeedSubFilter.PADES,
        md_algorithm="sha256",
        certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES,
        **(_for_years(seal_key, roots) if roots else {}),
    )
    written = BytesIO()
    writer = IncrementalPdfFileWriter(BytesIO(document))
    PdfSigner(described, signer=_signer(seal_key), timestamper=stamper).sign_pdf(writer, output=written)
    return written.getvalue()


def check_seal(document: bytes, *, trusted: list[bytes] | None = None) -> Check:
    """Whether the document is as it was sealed. `trusted`: certificates (DER) to trust; else the one inside, which
    proves that nothing changed but not who sealed it: compare the fingerprint with the published one.

    No signature protects the syntax of its own envelope (CMS); for that there is the SHA-256 of the file.
    """
    try:
        reader = PdfFileReader(BytesIO(document))
        found = reader.embedded_regular_signatures
        if len(found) != 1:
            return Check(whole=False, genuine=False)
        certificate = found[0].signer_cert.dump()
        context = _context(trusted or [certificate])
        status = validate_pdf_signature(found[0], context, context, key_usage_settings=SEALING_USAGE)
    except Exception:  # a broken file breaks the reader in its own way
        return Check(whole=False, genuine=False)
    return Check(
        whole=bool(status.intact and status.valid and status.docmdp_ok) and _covers_every_byte(document, reader),
        genuine=bool(status.trusted),
        fingerprint=hashlib.sha256(certificate).hexdigest(),
        sealed_at=status.signer_reported_dt,
        stamped=status.timestamp_validity is not None,
    )


def _covers_every_byte(document: bytes, reader: PdfFileReader) -> bool:
    """Whether the last signature reaches the file's end, and nothing hides in the gaps that hold the signatures."""
    last = reader.embedded_signatures[-1]
    last.compute_integrity_info()
    return last.evaluate_signature_coverage() == SignatureCoverageLevel.ENTIRE_FILE and all(
        _gap_is_clean(document, found) for found in reader.embedded_signatures
    )


def _gap_is_clean(document: bytes, found: EmbeddedPdfSignature) -> bool:
    _start, before, after, _length = (int(number) for number in found.byte_range)
    gap = document[before:after]
    said = cms.ContentInfo.load(found.pkcs7_content).dump().hex().upper().encode()
    return gap == b"<" + said.ljust(len(gap) - 2, b"0") + b">"


def _signer(seal_key: SealKey) -> SimpleSigner:
    above = SimpleCertificateStore()
    above.register_multiple([x509.Certificate.load(der) for der in seal_key.chain])
    return SimpleSigner(
        signing_cert=x509.Certificate.load(seal_key.certificate),
        signing_key=keys.PrivateKeyInfo.load(seal_key.key),
        cert_registry=above,
    )


def _for_years(seal_key: SealKey, roots: list[x509.Certificate]) -> dict[str, Any]:
    own = [x509.Certificate.load(der) for der in (seal_key.certificate, *seal_key.chain)]
    context = ValidationContext(trust_roots=[*own, *roots], allow_fetching=False)
    before = DSSContentSettings(next_ts_settings=TimestampDSSContentSettings(include_vri=False, update_before_ts=True))
    return {
        "embed_validation_info": True,
        "use_pades_lta": True,
        "validation_context": context,
        "dss_settings": before,  # so that the last time stamp covers the whole file
    }


def _context(trusted: list[bytes]) -> ValidationContext:
    roots = [x509.Certificate.load(der) for der in trusted]
    return ValidationContext(trust_roots=[*roots, *_roots()], allow_fetching=False)


def _roots() -> list[x509.Certificate]:
    path = Path(settings.DATA) / "keys" / "time-stamping-roots.pem"
    return list(load_certs_from_pemder([str(path)])) if path.exists() else []
