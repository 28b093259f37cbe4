"""The facts of a certificate are written and read back; a code can be typed by a person."""

from __future__ import annotations

import json

import pytest

from quizapp.formats.certificate.facts import CODE_SIGNS, Facts, Unreadable, new_code, read_code
from tests.unit.formats.certificate.conftest import FACTS


def test_facts_survive_being_written() -> None:
    assert Facts.from_json(json.loads(json.dumps(FACTS.to_json()))) == FACTS


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"name": None}, "lack name"),
        ({"quarters": "5"}, "“quarters” is of another kind"),
        ({"quarters": 1.25}, "“quarters” is of another kind"),
        ({"quarters": True}, "“quarters” is of another kind"),
        ({"completed_on": "2026-02-30"}, "a date that is none"),
        ({"issued_at": "2026-03-02T09:00:00"}, "has no zone"),
    ],
)
def test_what_are_no_facts_is_told(change: dict[str, object], sentence: str) -> None:
    value = {name: held for name, held in (FACTS.to_json() | change).items() if held is not None}
    with pytest.raises(Unreadable, match=sentence):
        Facts.from_json(value)


def test_a_code_is_read_however_it_was_typed() -> None:
    for _ in range(50):
        code = new_code()
        assert read_code(code) == code
        assert read_code(code.lower().replace("-", " ")) == code
    assert len({new_code() for _ in range(1_000)}) == 1_000
    for typed in ("", "7K3M-Q9TX-42P", "7K3M-Q9TX-42PDD", "7K3M-Q9TX-42P0", "7K3M-Q9TX-42P١", "x" * 10_000):
        assert read_code(typed) is None
    assert not set("01OILU") & set(CODE_SIGNS)
