"""`quizapp cme verify` needs a file and the keys, and answers with a status that a script can use."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from quizapp.cli.cme import cme
from quizapp.formats.certificate import credential, keys
from quizapp.formats.certificate.credential import Snapshot
from quizapp.formats.certificate.keys import SigningKey
from tests.unit.formats.certificate.conftest import FACTS, NOW


@pytest.fixture
def folder(tmp_path: Path, sealed: bytes, key: SigningKey) -> Path:
    (tmp_path / "certificate.pdf").write_bytes(sealed)
    (tmp_path / "altered.pdf").write_bytes(sealed.replace(b"/Count 1", b"/Count 2"))
    (tmp_path / "keys.json").write_text(keys.public([key]))
    for name, snapshot in {
        "nothing": Snapshot(NOW, frozenset(), {}),
        "revoked": Snapshot(NOW, frozenset({FACTS.code}), {}),
        "superseded": Snapshot(NOW, frozenset(), {FACTS.code: "2222-3333-4444"}),
    }.items():
        (tmp_path / name).write_text(credential.status_list(snapshot, key))
    (tmp_path / "nonsense").write_text("nonsense")
    return tmp_path


@pytest.mark.parametrize(
    ("file", "public", "status", "code", "sentence"),
    [
        ("certificate.pdf", "keys.json", None, 0, "VALID: The certificate is what its provider issued. Revocation not"),
        ("certificate.pdf", "keys.json", "nothing", 0, "Revocation checked against the list of 02 March 2026"),
        ("altered.pdf", "keys.json", "nothing", 1, "ALTERED: The signature of the file does not fit its contents."),
        ("keys.json", "keys.json", None, 1, "ALTERED: The file is not a certificate of ours"),
        ("certificate.pdf", "keys.json", "revoked", 3, "REVOKED: This certificate was revoked."),
        ("certificate.pdf", "keys.json", "superseded", 4, "SUPERSEDED: This certificate was superseded by 2222-3333"),
        ("certificate.pdf", "nonsense", None, 2, "This is not a file of public keys"),
        ("certificate.pdf", "keys.json", "nonsense", 2, "nonsense: "),
        ("certificate.pdf", "missing", None, 2, "does not exist"),
    ],
)
def test_the_status_says_what_a_file_is(
    folder: Path, file: str, public: str, status: str | None, code: int, sentence: str
) -> None:
    arguments = ["verify", str(folder / file), "--keys", str(folder / public)]
    done = CliRunner().invoke(cme, [*arguments, *(["--status", str(folder / status)] if status else [])])
    assert (done.exit_code, sentence in done.output) == (code, True), done.output
    assert (f"name: {FACTS.name}" in done.output) == (code in (0, 3, 4))
