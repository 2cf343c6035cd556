"""Signed notes, checkpoints and cosignatures (C2SP signed-note, tlog-checkpoint, tlog-cosignature). No Django.

A note is text, an empty line, and signature lines: em dash, name of the key, base64 of a four-byte key id and the
signature. What a key signs with type 0x01 is the text; with type 0x04 it is the text below a time.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519, COSIGNATURE = 0x01, 0x04  # types of signatures
DASH = "— "
LONGEST_NOTE = 16_384  # bytes
MOST_SIGNATURES = 64
KEY_NAME = re.compile(r"[^\s+]+")


class BadNote(ValueError):
    """Not a note, not signed by the key asked for, or a signature of it that is wrong. Says which."""


@dataclass(frozen=True)
class VerifierKey:
    """A public key with the name it signs under."""

    name: str
    public: bytes
    kind: int = ED25519

    @classmethod
    def read(cls, vkey: str) -> VerifierKey:
        """`name+hash+base64(type, key)`. Raises BadNote."""
        name, _, rest = vkey.strip().partition("+")
        shown, _, encoded = rest.partition("+")
        try:
            material = base64.b64decode(encoded, validate=True)
        except binascii.Error as error:
            raise BadNote("the key is not written as a verifier key") from error
        if len(material) != 33 or material[0] not in (ED25519, COSIGNATURE) or not KEY_NAME.fullmatch(name):
            raise BadNote("the key is no Ed25519 verifier key")
        key = cls(name, material[1:], material[0])
        if key.id.hex() != shown:
            raise BadNote("the key does not fit the hash it is written with")
        return key

    @classmethod
    def of(cls, name: str, key: Ed25519PrivateKey, kind: int = ED25519) -> VerifierKey:
        return cls(name, key.public_key().public_bytes_raw(), kind)

    @property
    def id(self) -> bytes:
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:4]

    def __str__(self) -> str:
        encoded = base64.b64encode(bytes([self.kind]) + self.public).decode()
        return f"{self.name}+{self.id.hex()}+{encoded}"

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the public key, in groups for people to compare."""
        digest = hashlib.sha256(self.public).hexdigest()
        return " ".join(digest[at : at + 4] for at in range(0, 64, 4))

    def signed(self, message: bytes, signature: bytes) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True)
class Signature:
    name: str
    key_id: bytes
    value: bytes
    line: str

    def is_by(self, key: VerifierKey) -> bool:
        return (self.name, self.key_id) == (key.name, key.id)


@dataclass(frozen=True)
class Checkpoint:
    """What a log says of its tree: the text of a note whose signatures stand beside it."""

    origin: str
    size: int
    root: bytes
    text: str
    signatures: tuple[Signature, ...] = ()

    @property
    def note(self) -> str:
        return self.text + "\n" + "".join(f"{signature.line}\n" for signature in self.signatures)

    def check(self, key: VerifierKey) -> None:
        """Raises BadNote unless this key signed it, as the log."""
        found = [signature for signature in self.signatures if signature.is_by(key)]
        if not found:
            raise BadNote(f"the checkpoint is not signed by {key.name} ({key.id.hex()})")
        if not all(key.signed(self.text.encode(), signature.value) for signature in found):
            raise BadNote(f"the signature of {key.name} ({key.id.hex()}) does not fit the checkpoint")

    def cosigned_at(self, key: VerifierKey) -> int | None:
        """When this witness cosigned it (POSIX seconds); None when it did not. Raises BadNote for a wrong one."""
        for signature in self.signatures:
            if signature.is_by(key):
                moment = int.from_bytes(signature.value[:8], "big")
                if len(signature.value) != 72 or not key.signed(_cosigned(self.text, moment), signature.value[8:]):
                    raise BadNote(f"the cosignature of {key.name} does not fit the checkpoint")
                return moment
        return None


def checkpoint_text(origin: str, size: int, root: bytes) -> str:
    return f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"


def sign(text: str, name: str, key: Ed25519PrivateKey) -> str:
    """The log's signature line for a text."""
    return _line(VerifierKey.of(name, key), key.sign(text.encode()))


def cosign(text: str, name: str, key: Ed25519PrivateKey, moment: int) -> str:
    """A witness's signature line for a checkpoint's text; `moment` in POSIX seconds."""
    return _line(VerifierKey.of(name, key, COSIGNATURE), moment.to_bytes(8, "big") + key.sign(_cosigned(text, moment)))


def read_checkpoint(data: bytes) -> Checkpoint:
    """A checkpoint with its signatures, none of them checked. Raises BadNote."""
    text, signatures = _read_note(data)
    lines = text.split("\n")
    if len(lines) < 4 or "" in lines[:-1] or not re.fullmatch(r"0|[1-9]\d{0,18}", lines[1]):
        raise BadNote("the checkpoint does not name its log, its size and its root")
    try:
        root = base64.b64decode(lines[2], validate=True)
    except binascii.Error as error:
        raise BadNote("the checkpoint's root is not written in base64") from error
    if len(root) != 32:
        raise BadNote("the checkpoint's root has another length than a hash")
    return Checkpoint(lines[0], int(lines[1]), root, text, signatures)


def _read_note(data: bytes) -> tuple[str, tuple[Signature, ...]]:
    if len(data) > LONGEST_NOTE:
        raise BadNote("the note is too long")
    try:
        note = data.decode()
    except UnicodeDecodeError as error:
        raise BadNote("the note is not text") from error
    if any(ord(letter) < 32 and letter != "\n" for letter in note):
        raise BadNote("the note has control characters in it")
    body, found, block = note.rpartition("\n\n")
    if not found or not block.endswith("\n"):
        raise BadNote("the note has no signature")
    lines = block.removesuffix("\n").split("\n")
    if len(lines) > MOST_SIGNATURES:
        raise BadNote("the note has too many signatures")
    return body + "\n", tuple(_read_signature(line) for line in lines)


def _read_signature(line: str) -> Signature:
    name, _, encoded = line.removeprefix(DASH).partition(" ")
    try:
        material = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadNote("a signature line is not written in base64") from error
    if not line.startswith(DASH) or not KEY_NAME.fullmatch(name) or len(material) < 5:
        raise BadNote("a signature line names no key")
    return Signature(name, material[:4], material[4:], line)


def _line(key: VerifierKey, signature: bytes) -> str:
    return f"{DASH}{key.name} {base64.b64encode(key.id + signature).decode()}"


def _cosigned(text: str, moment: int) -> bytes:
    return f"cosignature/v1\ntime {moment}\n{text}".encode()
