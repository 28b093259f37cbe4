"""The signature over a whole PDF file (PAdES): one changed byte, visible or not, and it no longer fits.

It certifies the document with no changes permitted. Nothing here trusts a certificate authority: the certificate of the
signature must be one of the provider's own, byte for byte.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from hashlib import sha256
from io import BytesIO
from typing import Any

from asn1crypto import cms, pem
from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import BasePdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers.pdf_signer import PdfSigningSession
from pyhanko.sign.validation import SignatureCoverageLevel, validate_pdf_signature
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.errors import PathError
from pyhanko_certvalidator.registry import SimpleCertificateStore

from quizapp.formats.certificate.credential import Altered
from quizapp.formats.certificate.keys import PublicKey, SigningKey, UnknownKey, get_key
from quizapp.formats.certificate.printing import ATTACHMENT

FIELD = "Provider"
_RESERVED = 16_384
"""Bytes of the file that the signature may take; ours takes under a third."""
_LARGEST = 5_000_000
_UNFIT = (
    PdfError,
    SignatureValidationError,
    SigningError,
    PathError,
    ValueError,
    KeyError,
    TypeError,
    IndexError,
    AttributeError,
    NotImplementedError,
    RecursionError,
)
"""What the libraries raise over a file that somebody has tampered with."""


class _Writer(IncrementalPdfFileWriter):
    """The library draws a file's second identity by chance and dates it by the clock. Ours follows from the file, and
    the dates stay as they were set, so that bytes repeat."""

    @classmethod
    def _handle_id(cls, prev: Any) -> generic.ArrayObject:
        prev.stream.seek(0)
        identity = sha256(prev.stream.read()).digest()[:16]
        return generic.ArrayObject([prev.trailer["/ID"][0], generic.ByteStringObject(identity)])

    def _update_meta(self) -> None:
        """Leave them alone: a signature changes nothing that they tell."""


class _Signer(signers.PdfSigner):
    """A signature carries a moment; the library reads the clock for it, ours is told."""

    moment: dt.datetime

    def init_signing_session(self, pdf_out: BasePdfFileWriter, existing_fields_only: bool = False) -> PdfSigningSession:
        session = super().init_signing_session(pdf_out, existing_fields_only)
        session.system_time = self.moment
        return session


def seal(document: bytes, key: SigningKey, at: dt.datetime) -> bytes:
    """The document with a signature that covers all of it; the same bytes for the same document, key and moment."""
    certificate = asn1_x509.Certificate.load(pem.unarmor(key.certificate.encode())[2])
    private = asn1_keys.PrivateKeyInfo.load(pem.unarmor(key.document.encode())[2])
    no_others = SimpleCertificateStore()  # type: ignore[no-untyped-call]  # theirs has no types
    signer = signers.SimpleSigner(signing_cert=certificate, signing_key=private, cert_registry=no_others)
    told = signers.PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        certify=True,
        docmdp_permissions=fields.MDPPerm.NO_CHANGES,
        subfilter=fields.SigSeedSubFilter.PADES,
        reason="Certificate of credit",
        name=certificate.subject.native.get("organization_name", ""),
    )
    sealing = _Signer(told, signer)
    sealing.moment = at.astimezone(dt.UTC).replace(microsecond=0)
    written = BytesIO()
    sealing.sign_pdf(_Writer(BytesIO(document)), bytes_reserved=_RESERVED, output=written)
    return written.getvalue()


def read_seal(document: bytes, keys: Mapping[str, PublicKey]) -> tuple[dt.datetime, str]:
    """When a file says to have been sealed, and the credential inside it, if a known key sealed the whole of it.

    Raises Altered.
    """
    if len(document) > _LARGEST:
        raise Altered("The file is larger than any certificate of ours.")
    try:
        reader = PdfFileReader(BytesIO(document))
        signatures = list(reader.embedded_signatures)
    except _UNFIT as error:
        raise Altered("The file is not a certificate of ours, or it is damaged.") from error
    if len(signatures) != 1:
        raise Altered(f"A certificate has one signature; this file has {len(signatures)}.")
    return _judge(reader, signatures[0], keys)


def _judge(
    reader: PdfFileReader, signature: EmbeddedPdfSignature, keys: Mapping[str, PublicKey]
) -> tuple[dt.datetime, str]:
    try:
        at = signature.self_reported_timestamp
        certificate = signature.signer_cert.dump()
        if at is None:
            raise Altered("The signature of the file has no moment.")
        key = next((key for key in keys.values() if key.certificate == certificate), None)
        get_key(keys, key.kid if key else None, at)
        trust = ValidationContext(trust_roots=[signature.signer_cert], moment=at, allow_fetching=False)
        status = validate_pdf_signature(signature, trust)
        # A signature over less than all of the file would leave room for another page behind it.
        if not status.bottom_line or status.coverage is not SignatureCoverageLevel.ENTIRE_FILE:
            raise Altered("The signature of the file does not fit its contents.")
        _refuse_room(signature)
        return at, _attachment(reader)
    except UnknownKey as error:
        raise Altered(str(error)) from error
    except _UNFIT as error:
        raise Altered("The signature of the file does not fit its contents.") from error


def _refuse_room(signature: EmbeddedPdfSignature) -> None:
    """A signature cannot cover the place where it stands itself: that place must hold what `seal` writes there, with
    nothing of one’s own in it. Signed are only the attributes and what they tell the digest of."""
    _, begin, end, _ = signature.byte_range
    signature.reader.stream.seek(begin)
    written: bytes = signature.reader.stream.read(end - begin)
    certificate, signed = signature.signer_cert, signature.signer_info
    told = {
        "version": "v1",
        "sid": cms.IssuerAndSerialNumber({"issuer": certificate.issuer, "serial_number": certificate.serial_number}),
        "digest_algorithm": {"algorithm": "sha256"},
        "signed_attrs": signed["signed_attrs"],
        "signature_algorithm": {"algorithm": "sha256_rsa"},
        "signature": signed["signature"],
    }
    content = {
        "version": "v1",
        "digest_algorithms": [{"algorithm": "sha256"}],
        "encap_content_info": {"content_type": "data"},
        "certificates": [certificate],
        "signer_infos": [told],
    }
    held = cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(content)}).dump()
    if written != b"<" + held.hex().upper().encode().ljust(len(written) - 2, b"0") + b">":
        raise Altered("Something stands in the place of the signature that does not belong to it.")


def _attachment(reader: PdfFileReader) -> str:
    names = reader.root["/Names"]["/EmbeddedFiles"]["/Names"]
    held = {str(names[place]).rpartition("/")[2]: names[place + 1] for place in range(0, len(names), 2)}
    data: bytes = held[ATTACHMENT].get_object()["/EF"]["/F"].get_object().data
    return data.decode("ascii")
