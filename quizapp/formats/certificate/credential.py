"""The facts of a certificate for machines: an Open Badges 3.0 credential, a W3C verifiable credential signed as a JWT.

Sources: 1EdTech, Open Badges Specification 3.0, chapter 8.2 (JSON Web Token proof), and Revocation List Status Method
1.0; W3C, Verifiable Credentials Data Model 2.0; RFC 7515 (signatures), RFC 9864 (the name Ed25519 of the algorithm).
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from quizapp.core.credit.amounts import shown
from quizapp.formats.certificate.facts import Facts, Unreadable
from quizapp.formats.certificate.keys import PublicKey, SigningKey, UnknownKey, get_key

ALGORITHM = "Ed25519"
_CONTEXTS = [
    "https://www.w3.org/ns/credentials/v2",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
    "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json",
]
_LONGEST = 64_000


class Altered(Exception):
    """What was signed is not what is here, or nobody known signed it; the sentence says what was found."""


def credential(facts: Facts, key: SigningKey, issuer_url: str) -> str:
    """The credential as a compact JWT, the same for the same facts and key. `issuer_url`: the provider's own."""
    issued = facts.issued_at.astimezone(dt.UTC)
    subject = f"urn:uuid:{facts.recipient}"
    # What is ours in it is named too, so that no reader of linked data drops it or stumbles over it.
    ours = {"certificate": {"@id": f"{issuer_url}/verify#certificate", "@type": "@json"}}
    body: dict[str, Any] = {
        "@context": [*_CONTEXTS, ours],
        "id": facts.verify_url,
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": f"{shown(facts.quarters)} {facts.unit.replace('*', '')}" if facts.quarters else "Participation",
        "issuer": {"id": issuer_url, "type": ["Profile"], "name": facts.provider},
        "validFrom": issued.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "credentialSubject": {
            "id": subject,
            "type": ["AchievementSubject"],
            "activityEndDate": f"{facts.completed_on.isoformat()}T00:00:00Z",
            "creditsEarned": facts.quarters / 4,
            "achievement": {
                "id": f"{facts.verify_url}#activity",
                "type": ["Achievement"],
                "achievementType": "Course",
                "name": facts.activity,
                "description": (facts.designation_statement or facts.claim_statement).replace("*", ""),
                "criteria": {"narrative": facts.claim_statement.replace("*", "")},
            },
        },
        "credentialStatus": {"id": f"{issuer_url}/verify/revocations", "type": "1EdTechRevocationList"},
        "certificate": facts.to_json(),
        "iss": issuer_url,
        "jti": facts.verify_url,
        "sub": subject,
        "nbf": int(issued.timestamp()),
    }
    return sign(body, key, "vc+jwt", f"{issuer_url}/verify/keys/{key.kid}")


def read_credential(token: str, keys: Mapping[str, PublicKey]) -> Facts:
    """The facts of a credential that one of these keys has signed. Raises Altered."""
    body = read_signed(token, keys, "vc+jwt")
    try:
        facts = Facts.from_json(body["certificate"])
    except (KeyError, TypeError, Unreadable) as error:
        raise Altered(f"The credential holds no facts of a certificate: {error}") from error
    return facts


def revocation_list(issuer_url: str, credentials: Iterable[tuple[str, str]]) -> str:
    """What other verifiers fetch to learn which credentials are no longer good: id of each, and why."""
    listed = [{"id": id_, "revoked": True, "revocationReason": reason} for id_, reason in credentials]
    told = {"id": f"{issuer_url}/verify/revocations", "issuer": issuer_url, "revokedCredential": listed}
    return json.dumps(told, indent=2, ensure_ascii=False) + "\n"


@dataclass(frozen=True)
class Snapshot:
    """What had become of certificates at a moment. `revoked`: codes; `superseded`: old code → new code."""

    at: dt.datetime
    revoked: frozenset[str]
    superseded: Mapping[str, str]


def status_list(snapshot: Snapshot, key: SigningKey) -> str:
    """The signed snapshot that a verifier takes along to where there is no network."""
    body = {
        "iat": int(snapshot.at.timestamp()),
        "nbf": int(snapshot.at.timestamp()),
        "revoked": sorted(snapshot.revoked),
        "superseded": dict(sorted(snapshot.superseded.items())),
    }
    return sign(body, key, "status+jwt")


def read_status_list(token: str, keys: Mapping[str, PublicKey]) -> Snapshot:
    """The snapshot that one of these keys has signed. Raises Altered."""
    body = read_signed(token.strip(), keys, "status+jwt")
    try:
        at = dt.datetime.fromtimestamp(body["iat"], dt.UTC)
        return Snapshot(at, frozenset(body["revoked"]), dict(body["superseded"]))
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise Altered(f"The status list is not one: {error}") from error


def sign(body: Mapping[str, Any], key: SigningKey, kind: str, kid: str = "") -> str:
    """A compact JWS of this body, its members in order. `kid`: an address that ends with the name of the key, for those
    who look it up there."""
    header = {"alg": ALGORITHM, "kid": kid or key.kid, "typ": kind}
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return jws.serialize_compact(header, text, OKPKey.import_key(key.credential), algorithms=[ALGORITHM])


def read_signed(token: str, keys: Mapping[str, PublicKey], kind: str) -> dict[str, Any]:
    """The body of a JWS of this kind that one of these keys has signed while it was in force. Raises Altered."""
    if len(token) > _LONGEST:
        raise Altered("The credential is longer than any of ours.")
    try:
        signed = jws.extract_compact(token.encode("ascii"))
        header, body = signed.headers(), json.loads(signed.payload)
        if header.get("typ") != kind:
            raise Altered(f"It is of another kind than {kind}.")
        named = str(header.get("kid")).rpartition("/")[2]
        key = get_key(keys, named, dt.datetime.fromtimestamp(body["nbf"], dt.UTC))
        jws.deserialize_compact(token, key.credential, algorithms=[ALGORITHM])
    except UnknownKey as error:
        raise Altered(str(error)) from error
    except (JoseError, ValueError, KeyError, TypeError, OverflowError, OSError) as error:
        raise Altered("The signature of the credential does not fit its contents.") from error
    if not isinstance(body, dict):
        raise Altered("The credential holds no facts of a certificate.")
    return body
