"""A file of completions comes back as it was written, and a mutant of it is refused with its sentence."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from quizapp.core.credit.claims import State
from quizapp.core.credit.reporting import Completion, refusals
from quizapp.formats import pars
from quizapp.formats.pars import ActivityRecord, Designated, Report, Unreadable

TODAY = dt.date(2026, 11, 30)
IDENTIFIERS = {
    "given_name": "Mira",
    "family_name": "Müller",
    "npi": "1234567893",
    "birth_month": "2",
    "birth_day": "29",
}
ROW = Completion(
    claim_id=12,
    activity="nassa",
    system="ama",
    credits="0.5",
    step=1,
    maximum=4,
    completed_on="2026-11-23",
    opens=dt.date(2026, 11, 1),
    closes=dt.date(2027, 10, 31),
    name="Mira Müller",
    identifiers=IDENTIFIERS,
    permitted_on="2026-11-02",
)
ACTIVITY = ActivityRecord(
    id="nassa",
    title="How NaSSAs act",
    kind="lesson",
    joint_provider="none",
    commercial_support="none",
    minutes=60,
    opens=ROW.opens,
    closes=ROW.closes,
    designated=(Designated("ama", "credits", 1, 4),),
    enrolled=3,
    physicians=1,
    others=1,
)
REPORT = Report(dt.datetime(2026, 11, 30, 9, tzinfo=dt.UTC), "Institute of Examples", (ACTIVITY,), (ROW,))


def mutant(change: Callable[[dict[str, Any]], object], row: bool = True) -> tuple[str, ...]:
    held = json.loads(pars.write(REPORT))
    change(held["completions"][0] if row else held)
    return pars.problems(json.dumps(held), TODAY)


def test_what_was_written_passes_its_own_checks_comes_back_and_names_activities_first() -> None:
    text = pars.write(REPORT)
    assert pars.problems(text, TODAY) == ()
    assert pars.read(text) == replace(REPORT, rows=(replace(ROW, state=State.QUEUED),))
    assert text == pars.write(REPORT), "the same report gives the same bytes"
    assert list(json.loads(text)) == ["format", "made_at", "provider", "activities", "completions"]
    assert json.loads(text)["activities"][0]["learners"] == {"enrolled": 3, "physicians": 1, "others": 1}


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("credits", "0.6", "0.6 is not one of them"),
        ("credits", "0", "more than no credit"),
        ("credits", "-0.25", "more than no credit"),
        ("credits", "1.25", "1.25 credits: more than the 1 that were designated"),
        ("credits", "", "Write the credits as a number"),
        ("credits", "1e-1", "Write the credits as a number"),
        ("completed_on", "2026-02-30", "“2026-02-30”, is not in the calendar"),
        ("completed_on", "2026-12-01", "lies in the future"),
        ("completed_on", "2026-10-31", "outside the activity, which was open from 2026-11-01 to 2027-10-31"),
        ("completed_on", "20261123", "is not in the calendar"),
        ("completed_on", "", "is not in the calendar"),
        ("name", "", "Write the name"),
        ("name", "Mira\u202erelluM", "invisible sign"),
        ("family_name", "", "Give your given name and your family name"),
        ("given_name", "", "Give your given name and your family name"),
        ("family_name", "Müll\u202eer", "invisible sign"),
        ("npi", "1234567890", "its last digit does not fit"),
        ("npi", "", "without it nothing can be reported"),
        ("birth_month", "", "Give month and day of birth"),
        ("birth_day", "30", "February has no day 30"),
        ("permitted_on", "", "has not permitted reporting"),
        ("permitted_on", "2026-02-30", "day of the permission"),
        ("activity", "", "id of the activity is missing"),
        ("activity", "another", "no record of the activity “another”"),
    ],
)
def test_a_mutant_is_refused_with_its_row_and_sentence(field: str, value: str, sentence: str) -> None:
    found = mutant(lambda row: row.update({field: value}))
    assert any(sentence in one and one.startswith("Row 12") for one in found), found


@pytest.mark.parametrize("field", ["credits", "completed_on", "name", "npi", "birth_day", "permitted_on", "activity"])
def test_a_field_that_is_missing_is_refused(field: str) -> None:
    assert mutant(lambda row: row.pop(field))


def test_a_licence_needs_its_state_and_a_board_id_is_enough() -> None:
    found = mutant(lambda row: (row.pop("npi"), row.update(licence="A1234")))
    assert found == ("Row 12: Choose the state that gave the licence.",)
    assert not mutant(lambda row: (row.pop("npi"), row.update(licence="A1234", licence_state="VT")))
    assert not mutant(lambda row: (row.pop("npi"), row.update(board_id="991")))


def test_counts_of_learners_must_carry_the_rows_and_no_row_stands_twice() -> None:
    def count(held: dict[str, Any], **learners: str) -> None:
        held["activities"][0]["learners"].update(learners)

    assert "more learners completed it than began" in mutant(lambda held: count(held, enrolled=1), row=False)[0]
    fewer = mutant(lambda held: count(held, physicians=0, others=0), row=False)
    assert "more rows than learners who completed it" in fewer[0]
    twice = mutant(lambda held: held["completions"].append(held["completions"][0]), row=False)
    assert "Row 12 stands in the file more than once." in twice


@pytest.mark.parametrize("state", [s for s in State if s not in {State.ISSUED, State.CORRECTED, State.QUEUED}])
def test_only_a_claim_that_waits_to_be_told_is_told(state: State) -> None:
    assert refusals(ROW, TODAY) == ()
    assert refusals(replace(ROW, state=state), TODAY)[0].startswith(f"The claim is {state}; only one")


def test_a_withdrawn_permission_is_named_as_withdrawn() -> None:
    refused = refusals(replace(ROW, withdrawn=True), TODAY)
    assert refused == ("The learner has withdrawn the permission to report.",)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "null", '{"format": "x"}', "[" * 100_000, '{"format": "quizapp completions 1"}']
)
def test_what_is_no_such_file_is_said(text: str) -> None:
    with pytest.raises(Unreadable):
        pars.read(text)


def test_a_number_where_a_text_belongs_is_refused_rather_than_rounded() -> None:
    held = pars.write(REPORT).replace('"credits": "0.5"', '"credits": 0.6')
    assert "0.6 is not one of them" in pars.problems(held, TODAY)[0]
    with pytest.raises(Unreadable):
        pars.read(pars.write(REPORT).replace('"credits": "0.5"', '"credits": null'))


@pytest.mark.parametrize(
    "data",
    [
        b"row,outcome,error\n12,accepted,\n13,rejected,Learner not found\n",
        "\ufeffClaim;Status;Message\r\n12;OK;\r\n\r\n13;Failed;Learner not found\r\n".encode(),
        b'[{"row": 12, "outcome": "accepted"}, {"row": 13, "outcome": "rejected", "error": "Learner not found"}]',
        b'{"answers": [{"row": "12", "status": "success"}, {"row": "13", "status": "error", '
        b'"errors": "Learner not found"}]}',
    ],
)
def test_answers_come_back_as_csv_or_json(data: bytes) -> None:
    accepted, rejected = pars.read_answers(data)
    assert (accepted.row, accepted.accepted, accepted.error) == (12, True, "")
    assert (rejected.row, rejected.accepted, rejected.error) == (13, False, "Learner not found")


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "empty"),
        (b"\xff\xfe\x00", "not text in UTF-8"),
        (b"row,outcome\n", "answers no row"),
        (b"row,outcome\nx,accepted\n", "Line 2 does not say which row"),
        (b"row,outcome\n12,maybe\n", "“maybe” is neither"),
        (b"row,outcome\n12,rejected\n", "names no error"),
        (b"row,outcome\n12,accepted\n12,accepted\n", "Row 12 is answered more than once"),
        (b"[1, 2]", "list of answers"),
        (b'{"answers": 1}', "list of answers"),
        (b"[" * 50_000, "not JSON"),
        (b"row,outcome\n" + "\u00b2,accepted".encode(), "does not say which row"),
    ],
)
def test_answers_that_cannot_be_used_are_refused_in_words(data: bytes, sentence: str) -> None:
    with pytest.raises(Unreadable, match=sentence):
        pars.read_answers(data)
