"""Whatever is changed in a certificate is refused; the untouched one is accepted, by us and by a judge of its own."""

from __future__ import annotations

import datetime as dt
import json
import random
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import replace
from hashlib import sha256

import pytest
from asn1crypto import cms
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.x509 import load_der_x509_certificate

from quizapp.formats.certificate import credential, keys, printing, sealing
from quizapp.formats.certificate.credential import Altered, Snapshot
from quizapp.formats.certificate.keys import PublicKey, SigningKey
from quizapp.formats.certificate.verifying import Outcome, verify
from tests.unit.formats.certificate.conftest import FACTS, ISSUER, NOW, YEAR

Keys = dict[str, PublicKey]


def test_the_untouched_file_is_valid_and_says_what_was_not_checked(sealed: bytes, public: Keys) -> None:
    verdict = verify(sealed, public, None)
    assert (verdict.outcome, verdict.facts) == (Outcome.VALID, FACTS)
    assert verdict.revocation == "Revocation not checked."


def test_sealing_again_gives_the_same_bytes(page: bytes, sealed: bytes, key: SigningKey) -> None:
    assert sealing.seal(page, key, NOW) == sealed


def test_a_hundred_files_with_one_bit_changed_are_refused(sealed: bytes, public: Keys) -> None:
    chance = random.Random(20260302)
    for place in chance.sample(range(len(sealed)), 100):
        changed = bytearray(sealed)
        changed[place] ^= 1 << chance.randrange(8)
        assert verify(bytes(changed), public, None).outcome is Outcome.ALTERED, place


def test_nothing_can_be_hidden_in_the_place_of_the_signature(sealed: bytes, public: Keys) -> None:
    begin = sealed.rindex(b"/Contents <") + len(b"/Contents <")
    end = sealed.index(b">", begin)
    small_letters = sealed[:begin] + sealed[begin:end].lower() + sealed[end:]
    hidden = sealed[: end - 4] + b"BEEF" + sealed[end:]
    for changed in (small_letters, hidden):
        assert len(changed) == len(sealed)
        assert verify(changed, public, None).outcome is Outcome.ALTERED


@pytest.mark.parametrize("cut", [0, 1, 100, 10_000, -1, -500])
def test_a_file_that_was_cut_or_lengthened_is_refused(sealed: bytes, public: Keys, cut: int) -> None:
    assert verify(sealed[:cut] if cut else sealed + b"\n%", public, None).outcome is Outcome.ALTERED


def test_another_page_with_the_same_credential_is_refused(key: SigningKey, public: Keys, token: str) -> None:
    forged = printing.pdf(replace(FACTS, name="Somebody Else", quarters=400), token)
    assert verify(forged, public, None).outcome is Outcome.ALTERED
    other = keys.make_key("2026a", "Example Medical School", NOW - YEAR, NOW + YEAR)
    assert verify(sealing.seal(forged, other, NOW), public, None).sentence == (
        "It was signed with a key that is not among the public ones."
    )
    # Sealed by the provider at another moment than its credential: the two do not belong together.
    later = sealing.seal(forged, key, NOW + dt.timedelta(hours=1))
    assert verify(later, public, None).sentence == "File and credential were signed at different moments."


def test_a_second_signature_over_a_changed_file_is_refused(sealed: bytes, public: Keys) -> None:
    assert verify(sealed + sealed, public, None).outcome is Outcome.ALTERED
    assert verify(b"%PDF-1.7\n", public, None).outcome is Outcome.ALTERED
    assert verify(b"", public, None).outcome is Outcome.ALTERED
    assert verify(b"\0" * 6_000_000, public, None).sentence == "The file is larger than any certificate of ours."


def test_a_key_signs_only_while_it_is_in_force(key: SigningKey, page: bytes) -> None:
    late = replace(key, ends=NOW - dt.timedelta(seconds=1))
    held = keys.read_public(keys.public([late]))
    assert "was not in force" in verify(sealing.seal(page, key, NOW), held, None).sentence
    with pytest.raises(Altered, match="was not in force"):
        credential.read_credential(credential.credential(FACTS, key, ISSUER), held)


def parts(token: str) -> list[str]:
    return token.split(".")


def decoded(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))


def encoded(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def test_a_hundred_altered_credentials_are_refused(token: str, public: Keys) -> None:
    assert credential.read_credential(token, public) == FACTS
    chance = random.Random(1)
    for place in chance.sample(range(len(token) - 1), 100):
        sign = chance.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")
        if sign == token[place]:
            continue
        with pytest.raises(Altered):
            credential.read_credential(token[:place] + sign + token[place + 1 :], public)


def test_the_tricks_with_tokens_are_refused(token: str, public: Keys, key: SigningKey) -> None:
    header, body, signature = parts(token)
    told = json.loads(decoded(header))
    for trick in ({"alg": "none"}, {"alg": "HS256"}, {"kid": "unknown"}, {"kid": None}, {"typ": "status+jwt"}):
        forged = encoded(json.dumps(told | trick).encode())
        with pytest.raises(Altered):
            credential.read_credential(f"{forged}.{body}.{signature}", public)
    with pytest.raises(Altered):
        credential.read_credential(f"{encoded(json.dumps(told | {'alg': 'none'}).encode())}.{body}.", public)
    for text in ("", ".", "..", "a.b.c", "é", "x" * 100_000):
        with pytest.raises(Altered):
            credential.read_credential(text, public)
    status = credential.status_list(Snapshot(NOW, frozenset(), {}), key)
    with pytest.raises(Altered, match="another kind"):
        credential.read_credential(status, public)


def test_others_learn_what_is_no_longer_good_where_a_credential_says(token: str) -> None:
    status = json.loads(decoded(parts(token)[1]))["credentialStatus"]
    told = json.loads(credential.revocation_list(ISSUER, [(FACTS.verify_url, "Revoked.")]))
    assert status == {"id": told["id"], "type": "1EdTechRevocationList"}
    assert told["issuer"] == ISSUER
    entry = {"id": FACTS.verify_url, "revoked": True, "revocationReason": "Revoked."}
    assert told["revokedCredential"] == [entry]


def test_revoked_and_superseded_are_told_from_a_signed_list(sealed: bytes, public: Keys, key: SigningKey) -> None:
    def judged(revoked: frozenset[str], superseded: dict[str, str]) -> tuple[Outcome, str]:
        written = credential.status_list(Snapshot(NOW, revoked, superseded), key)
        verdict = verify(sealed, public, credential.read_status_list(written, public))
        assert verdict.revocation == "Revocation checked against the list of 02 March 2026, 09:00 UTC."
        return verdict.outcome, verdict.sentence

    assert judged(frozenset({"other"}), {"another": "x"})[0] is Outcome.VALID
    assert judged(frozenset({FACTS.code}), {}) == (Outcome.REVOKED, "This certificate was revoked.")
    newer = (Outcome.SUPERSEDED, "This certificate was superseded by NEW.")
    assert judged(frozenset(), {FACTS.code: "NEW"}) == newer
    for bad in ("", "a.b.c", credential.credential(FACTS, key, ISSUER)):
        with pytest.raises(Altered):
            credential.read_status_list(bad, public)


def test_a_judge_of_its_own_agrees(sealed: bytes, token: str, key: SigningKey) -> None:
    """From the standards and a library of primitives alone, without what made or reads the certificate here."""
    (held,) = json.loads(keys.public([key]))["keys"]
    header, body, signature = parts(token)
    Ed25519PublicKey.from_public_bytes(decoded(held["x"])).verify(decoded(signature), f"{header}.{body}".encode())
    told = json.loads(decoded(body))
    assert told["type"] == ["VerifiableCredential", "OpenBadgeCredential"]
    assert told["@context"][0] == "https://www.w3.org/ns/credentials/v2"
    assert (told["iss"], told["sub"]) == (told["issuer"]["id"], told["credentialSubject"]["id"])
    assert (told["jti"], told["validFrom"]) == (told["id"], "2026-03-02T09:00:00Z")
    assert json.loads(decoded(header))["kid"] == f"{ISSUER}/verify/keys/{held['kid']}", "where the key can be fetched"
    standard = {"@context", "id", "type", "name", "issuer", "validFrom", "credentialSubject", "credentialStatus"}
    ours = set(told) - standard - {"iss", "jti", "sub", "nbf"}
    assert ours == set(told["@context"][-1]), "what is ours is named in a context"

    begin = sealed.rindex(b"/ByteRange")
    numbers = sealed[sealed.index(b"[", begin) + 1 : sealed.index(b"]", begin)].split()
    first, length, second, rest = map(int, numbers)
    assert (first, second + rest) == (0, len(sealed)), "the signature covers the whole file"
    raw = bytes.fromhex(sealed[length + 1 : second - 1].decode())
    signed = cms.ContentInfo.load(raw)["content"]
    covered = sha256(sealed[:length] + sealed[second:]).digest()
    (signer,) = signed["signer_infos"]
    attributes = {attribute["type"].native: attribute["values"][0].native for attribute in signer["signed_attrs"]}
    assert attributes["message_digest"] == covered
    certificate = load_der_x509_certificate(signed["certificates"][0].chosen.dump())
    told_attributes = b"\x31" + signer["signed_attrs"].dump()[1:]
    certificate.public_key().verify(  # type: ignore[union-attr, call-arg]
        signer["signature"].native, told_attributes, PKCS1v15(), hashes.SHA256()
    )
