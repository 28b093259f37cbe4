"""What is sealed is opened by who holds the key, also after a change of keys, and by nobody else."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet

from quizapp.services.crediting.vault import Locked, Vault

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


def test_a_sealed_text_tells_nothing_and_opens_again() -> None:
    sealed = Vault([OLD]).seal("NPI 1234567893")
    assert "1234567893" not in sealed
    assert Vault([OLD]).open(sealed) == "NPI 1234567893"


def test_an_old_key_opens_what_it_has_sealed_until_it_is_renewed() -> None:
    sealed = Vault([OLD]).seal("text")
    renewed = Vault([NEW, OLD]).renew(sealed)
    assert Vault([NEW]).open(renewed) == "text"
    with pytest.raises(Locked, match="QUIZAPP_OLD_SECRET_KEYS"):
        Vault([NEW]).open(sealed)


@pytest.mark.parametrize("damaged", ["", "no token", "é"])
def test_what_was_never_sealed_does_not_open(damaged: str) -> None:
    with pytest.raises(Locked):
        Vault([OLD]).open(damaged)
