"""What signs certificates, and what the public gets to check them with.

A provider has keys one after the other: each signs from a day to a day, and stays public for as long as its signatures
must be checked. One key is a pair: Ed25519 for credentials and status lists, RSA with a self-signed certificate for
PDF files, because readers of PDF know no Ed25519. Both sign the same bytes the same way every time.
"""

from __future__ import annotations

import datetime as dt
import json
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.x509.oid import NameOID
from joserfc.jwk import OKPKey

RSA_BITS = 3072
_PLAIN = serialization.NoEncryption()
_PEM, _PKCS8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8


class UnknownKey(Exception):
    """No public key has this name, or it was not in force at that moment; the sentence says which."""


@dataclass(frozen=True)
class SigningKey:
    """A secret. `kid`: its public name; `credential` and `document`: private keys as PEM; `certificate`: PEM."""

    kid: str
    credential: str
    document: str
    certificate: str
    begins: dt.datetime
    ends: dt.datetime


@dataclass(frozen=True)
class PublicKey:
    """What checks the signatures of one `SigningKey`. `certificate`: DER."""

    kid: str
    credential: OKPKey
    certificate: bytes
    begins: dt.datetime
    ends: dt.datetime


def make_key(kid: str, provider: str, begins: dt.datetime, ends: dt.datetime) -> SigningKey:
    """A new key of a provider. Takes up to a second."""
    document = rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, provider[:64]),
            x509.NameAttribute(NameOID.COMMON_NAME, f"Certificates of credit, key {kid}"),
        ]
    )
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(document.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(usage, critical=True)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(document, hashes.SHA256())
    )
    return SigningKey(
        kid=kid,
        credential=ed25519.Ed25519PrivateKey.generate().private_bytes(_PEM, _PKCS8, _PLAIN).decode(),
        document=document.private_bytes(_PEM, _PKCS8, _PLAIN).decode(),
        certificate=certificate.public_bytes(_PEM).decode(),
        begins=begins,
        ends=ends,
    )


def public(keys: Iterable[SigningKey]) -> str:
    """The public file: a JSON Web Key Set whose keys carry the certificate for PDF files and the days in force."""
    entries = []
    for key in keys:
        certificate = x509.load_pem_x509_certificate(key.certificate.encode())
        held = OKPKey.import_key(key.credential).as_dict(private=False)
        entries.append(
            held
            | {
                "kid": key.kid,
                "use": "sig",
                "alg": "Ed25519",
                "begins": key.begins.isoformat(),
                "ends": key.ends.isoformat(),
                "pdf_certificate": b64encode(certificate.public_bytes(serialization.Encoding.DER)).decode(),
            }
        )
    return json.dumps({"keys": entries}, indent=2, sort_keys=True) + "\n"


def read_public(text: str) -> dict[str, PublicKey]:
    """The keys of a public file by their names. Raises ValueError with a sentence for a file that is none."""
    try:
        entries = json.loads(text)["keys"]
        return {entry["kid"]: _read(entry) for entry in entries}
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"This is not a file of public keys: {error}.") from error


def _read(entry: Mapping[str, Any]) -> PublicKey:
    credential = OKPKey.import_key({name: entry[name] for name in ("kty", "crv", "x")})
    return PublicKey(
        kid=entry["kid"],
        credential=credential,
        certificate=b64decode(entry["pdf_certificate"], validate=True),
        begins=dt.datetime.fromisoformat(entry["begins"]),
        ends=dt.datetime.fromisoformat(entry["ends"]),
    )


def get_key(keys: Mapping[str, PublicKey], kid: object, at: dt.datetime) -> PublicKey:
    """The key with this name, if it was in force at that moment. Raises UnknownKey."""
    key = keys.get(kid) if isinstance(kid, str) else None
    if key is None:
        raise UnknownKey("It was signed with a key that is not among the public ones.")
    if not key.begins <= at <= key.ends:
        raise UnknownKey(f"The key {key.kid} was not in force when it says to have been signed.")
    return key
