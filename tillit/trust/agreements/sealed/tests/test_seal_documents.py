"""A published agreement becomes a PDF with a seal, and whoever changes a byte breaks it."""

from __future__ import annotations

import hashlib
import socket
import stat
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pypdf
import pytest
from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.sign.timestamps import DummyTimeStamper
from weasyprint.urls import FatalURLFetchingError

from tillit.foundation.errors import Refused
from tillit.foundation.testing import happened, run_jobs
from tillit.trust.agreements.models import SealedDocument
from tillit.trust.agreements.sealed import pdf, press, sealkey, store
from tillit.trust.agreements.sealed.chapters import document_of
from tillit.trust.agreements.sealed.printed import Chapter, Printed
from tillit.trust.agreements.sealed.queries import versions_without_document
from tillit.trust.agreements.sealed.sealing import check_seal, sealed

pytestmark = pytest.mark.django_db
DER = serialization.Encoding.DER


@pytest.fixture
def made(ai_lab):
    return store.path_of(SealedDocument.objects.get(version=ai_lab).sha256).read_bytes()


def words_of(content):
    return " ".join(" ".join(page.extract_text() for page in pypdf.PdfReader(BytesIO(content)).pages).split())


def test_a_published_agreement_is_sealed_with_the_operators_own_certificate(made, folder):
    seal = sealkey.current_seal()
    found = check_seal(made)

    assert found.holds
    assert found.fingerprint == seal.fingerprint
    assert not found.stamped
    assert seal.self_made
    assert seal.holder == "SuperOffice AS (self-made)"
    assert happened("sealed.document_made")
    assert stat.S_IMODE((folder / "keys" / "seal.pem").stat().st_mode) == 0o600
    assert stat.S_IMODE((folder / "keys").stat().st_mode) == 0o700


def test_every_changed_byte_of_the_document_breaks_the_seal(made):
    envelope = range(made.index(b"/Contents <"), made.index(b">", made.index(b"/Contents <")))
    padding = envelope.stop - 100
    for at in [*range(0, envelope.start, 97), padding, *range(envelope.stop, len(made), 23)]:
        changed = bytearray(made)
        changed[at] ^= 1
        assert not check_seal(bytes(changed)).holds, at
    assert not check_seal(made + b"\n").holds
    assert not check_seal(made[:-40]).holds


def test_a_document_sealed_by_somebody_else_is_whole_but_not_ours(made, folder):
    ours = sealkey.certificate_in_use()
    (folder / "keys" / "seal.pem").unlink()
    other = sealed(unsealed(), sealkey.seal_key("Somebody Else AS"), reason="test")

    found = check_seal(other, trusted=[ours])
    assert found.whole
    assert not found.holds
    assert check_seal(made, trusted=[ours]).holds


def test_the_pdf_says_what_the_register_says(publish):
    dpa = publish("crm-online-dpa")
    run_jobs()

    documents = {one.language: store.path_of(one.sha256).read_bytes() for one in SealedDocument.objects.all()}
    assert set(documents) == {"de", "en", "nb"} == set(dpa.sha256)
    german, english = words_of(documents["de"]), words_of(documents["en"])
    assert "mindestens 30 Tage vorher an" in german
    assert "24 Stunden nach der Übergabe gelöscht" in german
    assert "in diesen Regionen: Norwegen" in german
    assert "SuperOffice AS als Auftragsverarbeiter" in german
    assert "binding" in english
    assert dpa.sha256["en"] in english.replace(" ", "")


def test_the_pdf_is_made_for_the_archive_and_for_screen_readers(made, ai_lab):
    read = pypdf.PdfReader(BytesIO(made))
    root = read.trailer["/Root"]

    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en"
    assert "/StructTreeRoot" in root
    assert read.metadata.title == "AI Lab Terms"
    assert read.metadata.author == "SuperOffice AS"
    assert ai_lab.sha256["en"] in read.metadata["/Keywords"]
    assert (
        b"<pdfaid:part>3</pdfaid:part>" in read.xmp_metadata.get_element_xml()
        if hasattr(read.xmp_metadata, "get_element_xml")
        else read.xmp_metadata
    )
    assert f"1 / {len(read.pages)}" in read.pages[0].extract_text()
    (text,) = read.attachments["ai-lab-terms-1.en.md"]
    assert hashlib.sha256(text).hexdigest() == ai_lab.sha256["en"]


def test_nothing_is_fetched_while_a_page_is_set(monkeypatch, ai_lab):
    def refuse(*_arguments):
        raise AssertionError("a document asked the network")

    _key, seal = press.press_key()
    printed = document_of(ai_lab, "en", seal)
    with monkeypatch.context() as patched:
        patched.setattr(socket.socket, "connect", refuse)
        assert pdf.render(printed, address="https://tillit.test/")
    with pytest.raises(FatalURLFetchingError):
        pdf.Nowhere().fetch("https://foreign.example/face.woff2")
    with pytest.raises(FatalURLFetchingError):
        pdf.Nowhere().fetch("file:///etc/passwd")


def test_a_machine_without_pango_says_so_and_the_clock_tries_again(monkeypatch, publish):
    monkeypatch.setattr(press, "missing", OSError("cannot load library 'libpango-1.0-0'"))
    version = publish("ai-lab-terms")
    with pytest.raises(Refused, match="Pango"):
        run_jobs()

    assert versions_without_document() == [version.pk]
    assert not SealedDocument.objects.exists()


def test_the_operators_own_key_is_used_and_a_broken_one_is_named(folder, settings):
    key, certificate = certified("Operator's Real Seal")
    file = folder / "real.p12"
    secret = serialization.BestAvailableEncryption(b"hidden")
    file.write_bytes(pkcs12.serialize_key_and_certificates(b"seal", key, certificate, None, secret))
    settings.SEAL_PKCS12, settings.SEAL_PASSPHRASE = str(file), "hidden"

    found = check_seal(sealed(unsealed(), sealkey.seal_key("unused"), reason="test"))
    assert found.fingerprint == hashlib.sha256(certificate.public_bytes(DER)).hexdigest()
    assert not (folder / "keys").exists()

    settings.SEAL_PASSPHRASE = "wrong"
    with pytest.raises(Refused, match=r"real\.p12"):
        sealkey.seal_key("unused")


def test_a_declared_service_stamps_the_time_and_its_roots_make_it_last(folder):
    key, certificate = certified("Time Service (invented)", stamping=True)
    stamper = DummyTimeStamper(
        asn1_x509.Certificate.load(certificate.public_bytes(DER)),
        asn1_keys.PrivateKeyInfo.load(
            key.private_bytes(DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        ),
    )
    own = sealkey.seal_key("Tillit Drift (invented)")

    stamped = sealed(unsealed(), own, reason="test", stamper=stamper)
    assert check_seal(stamped).stamped

    (folder / "keys" / "time-stamping-roots.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    lasting = sealed(unsealed(), own, reason="test", stamper=stamper)
    assert check_seal(lasting).holds
    assert check_seal(lasting).stamped
    assert b"/DocTimeStamp" in lasting
    assert not check_seal(lasting + b" ").holds


def unsealed():
    chapter = Chapter("x", "An invented text", "1", "en", [])
    return pdf.render(
        Printed("An invented text", "Tillit", "en", sealkey.Seal("x", "x", True, "0" * 64, now(), now()), [chapter]),
        address="https://tillit.test/",
    )


def now():
    return datetime.now(UTC)


def certified(name, *, stamping=False):
    key = rsa.generate_private_key(65537, 2048) if stamping else ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now() - timedelta(days=1))
        .not_valid_after(now() + timedelta(days=100))
    )
    if stamping:
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        built = built.add_extension(usage, critical=True)
    return key, built.sign(key, hashes.SHA256())
