"""A certificate and the key that sealed it, made once: making a key takes a second."""

from __future__ import annotations

import datetime as dt

import pytest

from quizapp.formats.certificate import credential, keys, printing, sealing
from quizapp.formats.certificate.facts import Facts
from quizapp.formats.certificate.keys import PublicKey, SigningKey

NOW = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)
YEAR = dt.timedelta(days=365)
ISSUER = "https://quiz.example.org"
FACTS = Facts(
    code="7K3M-Q9TX-42PD",
    recipient="6f1c0f4e-7f6e-4c39-9f0e-2a34f2f3c111",
    name="Dr. Ana Müller-Østergård",
    profession="physician",
    activity="How NaSSAs act",
    edition=1,
    format="Enduring material",
    provider="Example Medical School",
    joint_provider="none",
    quarters=5,
    unit="*AMA PRA Category 1 Credit*™",
    accreditation_statement="A sample: Example Medical School is accredited by nobody.",
    designation_statement="No credit designated.",
    claim_statement="Physicians should claim only the credit commensurate with the extent of their participation.",
    completed_on=dt.date(2026, 3, 1),
    issued_at=NOW,
    verify_url=f"{ISSUER}/verify/7K3M-Q9TX-42PD",
)


@pytest.fixture(scope="session")
def key() -> SigningKey:
    return keys.make_key("2026a", "Example Medical School", NOW - YEAR, NOW + YEAR)


@pytest.fixture(scope="session")
def public(key: SigningKey) -> dict[str, PublicKey]:
    return keys.read_public(keys.public([key]))


@pytest.fixture(scope="session")
def token(key: SigningKey) -> str:
    return credential.credential(FACTS, key, ISSUER)


@pytest.fixture(scope="session")
def page(token: str) -> bytes:
    return printing.pdf(FACTS, token)


@pytest.fixture(scope="session")
def sealed(page: bytes, key: SigningKey) -> bytes:
    return sealing.seal(page, key, NOW)
