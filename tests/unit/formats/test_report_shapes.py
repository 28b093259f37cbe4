"""A report leaves in the shape that somebody else wants, described as data; what does not fit is said, not sent."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from quizapp.formats import report_shapes, spreadsheets
from quizapp.formats.pars import Designated
from quizapp.formats.report_shapes import Unfit, Unreadable
from tests.unit.formats.test_pars import ACTIVITY, REPORT, ROW

SECOND = replace(ROW, claim_id=13, activity="trd", identifiers=ROW.identifiers | {"npi": "", "board_id": "991"})
OTHER = replace(ROW, claim_id=14, system="hours")
BOTH = replace(
    REPORT,
    activities=(
        replace(ACTIVITY, designated=(*ACTIVITY.designated, Designated("hours", "hours", 1, 8))),
        replace(ACTIVITY, id="trd", title="Staging"),
        replace(ACTIVITY, id="nobody took this"),
    ),
    rows=(ROW, SECOND, OTHER),
)
DOCUMENT = {
    "Made": "{made_at}",
    "By": {"Name": "{provider}", "Country": None},
    "Activities": [
        {
            "each": "activity",
            "Id": "{activity}",
            "Title": "{title}: {unit}",
            "Most": "{maximum:number}",
            "Learners": [
                {
                    "each": "completion",
                    "Family": "{family_name}",
                    "NPI": "{npi}",
                    "Board": "{board_id}",
                    "Credits": "{credits:number}",
                    "On": "{completed_on:%m/%d/%Y}",
                    "Row": "{row:number}",
                }
            ],
        }
    ],
    "Version": 3,
}


def shape(**parts: Any) -> report_shapes.Shape:
    return report_shapes.read(json.dumps(parts))


def filled(report: Any = BOTH, system: str = "ama", **parts: Any) -> Any:
    return json.loads(report_shapes.fill(report, shape(**parts), system))


def test_a_document_is_filled_with_the_completions_of_one_system_below_their_activities() -> None:
    assert filled(document=DOCUMENT) == {
        "Made": "2026-11-30T09:00:00+00:00",
        "By": {"Name": "Institute of Examples", "Country": None},
        "Activities": [
            {
                "Id": "nassa",
                "Title": "How NaSSAs act: credits",
                "Most": 1,
                "Learners": [{"Family": "Müller", "NPI": "1234567893", "Credits": 0.5, "On": "11/23/2026", "Row": 12}],
            },
            {
                "Id": "trd",
                "Title": "Staging: credits",
                "Most": 1,
                "Learners": [{"Family": "Müller", "Board": "991", "Credits": 0.5, "On": "11/23/2026", "Row": 13}],
            },
        ],
        "Version": 3,
    }


def test_completions_can_stand_in_one_list_with_what_is_said_of_their_activity() -> None:
    rows = filled(document=[{"each": "completion", "of": "{activity}", "opened": "{opens}", "row": "{row}"}])
    assert rows == [
        {"of": "nassa", "opened": "2026-11-01", "row": "12"},
        {"of": "trd", "opened": "2026-11-01", "row": "13"},
    ]


def test_columns_give_a_line_for_each_completion_and_no_cell_is_a_formula() -> None:
    columns = {"Id": "{activity}", "Name": "{family_name}, {given_name}", "NPI": "{npi}", "=1+1": "{credits}"}
    table = spreadsheets.read(report_shapes.fill(BOTH, shape(columns=columns), "ama"))
    assert table == [
        ["Id", "Name", "NPI", "=1+1"],
        ["nassa", "Müller, Mira", "1234567893", "0.5"],
        ["trd", "Müller, Mira", "", "0.5"],
    ]
    assert b"'=1+1" in report_shapes.fill(BOTH, shape(columns=columns), "ama")


def test_codes_stand_for_values_and_a_value_without_one_keeps_the_file_back() -> None:
    document = [{"each": "completion", "id": "{activity}"}]
    codes = {"activity": {"nassa": "20417", "trd": "20418"}}
    assert filled(document=document, codes=codes) == [{"id": "20417"}, {"id": "20418"}]
    with pytest.raises(Unfit, match=r"no code for “trd” \(activity\)"):
        filled(document=document, codes={"activity": {"nassa": "20417"}})


def test_what_does_not_meet_the_schema_is_not_sent_and_every_place_is_named() -> None:
    learner = {"type": "object", "required": ["NPI"], "properties": {"NPI": {"type": "string", "minLength": 10}}}
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "array",
        "items": {"$ref": "#/$defs/learner"},
        "$defs": {"learner": learner},
    }
    document = [{"each": "completion", "NPI": "{npi}"}]
    assert filled(replace(BOTH, rows=(ROW,)), document=document, schema=schema) == [{"NPI": "1234567893"}]
    with pytest.raises(Unfit, match=r"^1: “NPI” is a required property.$"):
        filled(document=document, schema=schema)
    short = replace(ROW, identifiers=ROW.identifiers | {"npi": "123"})
    with pytest.raises(Unfit, match="0, NPI: “123” is too short"):
        filled(replace(BOTH, rows=(short,)), document=document, schema=schema)


def test_a_schema_that_points_elsewhere_fetches_nothing_and_says_so() -> None:
    schema = {"$ref": "https://schemas.example.org/learner.json"}
    with pytest.raises(Unfit, match=r"The schema points to “https://schemas.example.org/learner.json”"):
        filled(document=["{provider}"], schema=schema)


def test_a_schema_that_nothing_can_be_held_against_is_said() -> None:
    with pytest.raises(Unfit, match="points back to itself"):
        filled(document=["{provider}"], schema={"$ref": "#"})


def test_a_number_that_is_none_is_named() -> None:
    with pytest.raises(Unfit, match=r"“Mira Müller” \(name\) is no number"):
        filled(document=[{"each": "completion", "n": "{name:number}"}])


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "This is not JSON; look at line 1, sign 2."),
        ("[" * 100_000, "This is not JSON"),
        ("[]", "an object with “columns” or with “document”"),
        ("{}", "an object with “columns” or with “document”"),
        ('{"columns": {"a": "b"}, "document": {}}', "an object with “columns” or with “document”"),
        ('{"document": {}, "shape": 1}', "“shape” is no part"),
        ('{"columns": {}}', "maps each heading"),
        ('{"columns": {"Id": 1}}', "columns, Id: the text"),
        (
            '{"columns": {"Id": "{licence_number}"}}',
            "columns, Id: “licence_number” is no field here. The nearest are lic",
        ),
        ('{"document": "{xyz}"}', "document: “xyz” is no field here. There are provider, made_at."),
        ('{"columns": {"Id": "{row"}}', "columns, Id: a brace stands alone"),
        ('{"columns": {"Id": "no. {row:number}"}}', "columns, Id: a number stands alone"),
        ('{"columns": {"Id": "{row:%d}"}}', "“%d” is no form of row"),
        ('{"columns": {"Id": "{opens:%s}"}}', "“%s” is no form of opens"),
        ('{"columns": {"Id": "a"}, "schema": {}}', "columns have none"),
        ('{"document": {"each": "activity"}}', "“each” stands in an object of a list"),
        ('{"document": [{"each": "learner"}]}', "“each” is activity or completion"),
        ('{"document": {"a": "{npi}"}}', "document, a: “npi” is no field here"),
        ('{"document": [{"each": "activity", "a": "{npi}"}]}', "“npi” is no field here"),
        ('{"document": [{"each": "completion", "a": [{"each": "completion"}]}]}', "one completion holds no other"),
        ('{"document": [{"each": "completion", "a": [{"each": "activity"}]}]}', "one activity holds no other"),
        ('{"document": ' + "[" * 60 + "]" * 60 + "}", "deeper than 40"),
        ('{"document": 1, "codes": []}', "maps a field to its values"),
        ('{"document": 1, "codes": {"state": {}}}', "“state” is no field"),
        ('{"document": 1, "codes": {"activity": {"a": 1}}}', "both as text"),
        ('{"document": 1, "schema": true}', "is a JSON Schema, an object"),
        ('{"document": 1, "schema": ' + '{"not": ' * 900 + "{}" + "}" * 901, "too deep"),
        ('{"document": 1, "schema": {"type": "text"}}', "schema, type:"),
        ('{"document": 1, "schema": {"items": {"pattern": "("}}}', "schema, items, pattern: “(” is not a “regex”"),
        ('{"document": "' + "x" * 200_000 + '"}', "at most 200,000 characters"),
    ],
)
def test_what_is_no_shape_is_refused_with_where_and_why(text: str, sentence: str) -> None:
    with pytest.raises(Unreadable) as refused:
        report_shapes.read(text)
    assert sentence in str(refused.value)
