"""Each element that is missing blocks publishing by its name; so does each rule that is broken."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import fields, replace
from typing import Any

import pytest

from quizapp.core.credit.front_matter import ELEMENTS, FrontMatter, InControl, PoolQuestion, problems

DAY = dt.date(2026, 3, 2)
AUTHOR = InControl("Dr. Ada Osei", "author", DAY, ())
WHOLE = FrontMatter(
    title="How NaSSAs act",
    provider="Example Medical School",
    joint_provider="none",
    accreditation_statement="Example Medical School is accredited by nobody; this is a sample.",
    designation_statement="No credit is designated.",
    released=DAY,
    expires=dt.date(2028, 3, 2),
    audience="Psychiatrists",
    practice_gap="Mirtazapine is chosen without regard to its receptors.",
    need="competence",
    intended_change="Choose by mechanism.",
    why_this_format="Read and be asked at one’s own pace.",
    competencies="Patient care; medical knowledge",
    objectives=("LN1", "LN2"),
    minutes=60,
    method="Read the lesson, pass the test, fill in the evaluation.",
    minimum_percent=70,
    attempts=3,
    maximum=4,
    in_control=(AUTHOR,),
    exclusion="Owners and employees of ineligible companies had no part in it.",
    validity_reviewer="Dr. Ben Iroko",
    validity_reviewed_on=DAY,
    commercial_support="none",
    bibliography=("A reference",),
    contact="cme@example.org",
    privacy="What is kept, for how long.",
    questions=(PoolQuestion("q1", "LN1", "Dr. C"), PoolQuestion("q2", "LN2", "Dr. C")),
    a_test=2,
)


def test_what_is_whole_may_be_published() -> None:
    assert problems(WHOLE) == ()


@pytest.mark.parametrize("element", ELEMENTS)
def test_each_element_that_is_missing_is_named(element: str) -> None:
    bare = getattr(FrontMatter(), element)
    assert f"Missing: {ELEMENTS[element]}." in problems(replace(WHOLE, **{element: bare}))


def test_no_element_is_forgotten_by_the_checklist() -> None:
    assert {field.name for field in fields(FrontMatter)} - set(ELEMENTS) == {
        "a_test",
        "longest_years",
        "credit_designated",
        *(name for name in FrontMatter.__annotations__ if name.startswith("board_")),  # there need be none
    }


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"expires": DAY}, "expires before it is released"),
        ({"expires": dt.date(2029, 3, 3)}, "more than 3 years"),
        ({"expires": dt.date(2028, 3, 2), "longest_years": 1}, "more than 1 year after"),
        ({"validity_reviewed_on": DAY + dt.timedelta(days=1)}, "dated after the release"),
        ({"need": "curiosity"}, "“curiosity” is not"),
        ({"minimum_percent": 101}, "from 1 to 100"),
        ({"minutes": 59}, "stands for 60 minutes"),
        ({"in_control": (replace(AUTHOR, relationships=None),)}, "has not disclosed"),
        ({"in_control": (replace(AUTHOR, began=None),)}, "not said when Dr. Ada Osei began"),
        ({"in_control": (replace(AUTHOR, employed=True),)}, "must not control content"),
        ({"in_control": (replace(AUTHOR, relationships=("Speaker for X",)),)}, "has not been mitigated"),
        (
            {
                "in_control": (
                    replace(
                        AUTHOR,
                        relationships=("Speaker for X",),
                        mitigation="Peer review",
                        mitigated_on=DAY + dt.timedelta(days=1),
                    ),
                )
            },
            "after the role began",
        ),
        ({"objectives": ("LN1", "LN2", "LN3"), "a_test": 3}, "samples the objective “LN3”"),
        ({"questions": (PoolQuestion("q1", "LN1"), WHOLE.questions[1])}, "q1 has no clinician’s signature"),
        ({"a_test": 1}, "cannot sample each"),
        ({"a_test": 3}, "asks 3 questions, and there are 2"),
    ],
)
def test_each_rule_that_is_broken_is_told(change: dict[str, Any], sentence: str) -> None:
    assert any(sentence in told for told in problems(replace(WHOLE, **change)))


def test_a_mitigation_before_the_role_began_is_enough_and_a_leap_day_is_a_date() -> None:
    mitigated = replace(AUTHOR, relationships=("Speaker for X",), mitigation="Peer review", mitigated_on=DAY)
    assert problems(replace(WHOLE, in_control=(mitigated,))) == ()
    assert problems(replace(WHOLE, released=dt.date(2028, 2, 29), expires=dt.date(2031, 2, 28))) == ()


def test_without_credit_that_is_designated_no_signature_is_asked_for_and_everything_else_is() -> None:
    unsigned = replace(
        WHOLE, credit_designated=False, questions=tuple(replace(q, signed_by="") for q in WHOLE.questions)
    )
    assert problems(unsigned) == ()
    assert problems(replace(unsigned, audience="")) == ("Missing: audience.",)


def test_what_is_stored_comes_back_as_it_was() -> None:
    told = replace(AUTHOR, relationships=("Speaker for X",), mitigation="Peer review", mitigated_on=DAY)
    people = tuple(InControl.from_json(json.loads(json.dumps(one.to_json()))) for one in (AUTHOR, told))
    assert people == (AUTHOR, told)
    assert InControl.from_json({"name": "A", "role": "author"}).relationships is None
    stored = json.loads(json.dumps(WHOLE.to_json()))
    assert FrontMatter.from_json(stored, WHOLE.in_control, WHOLE.questions) == WHOLE
    assert FrontMatter.from_json({}) == FrontMatter()
