"""A question in an accreditor's folder is told whole, whatever its type, and without signs of markup."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from quizapp import itemtypes
from quizapp.formats.paper import Para, Table
from quizapp.itemtypes.samples import typed
from quizapp.services.crediting.activities import Asked
from quizapp.services.crediting.attachments import question_blocks


@pytest.mark.parametrize("name", itemtypes.names())
def test_every_option_and_reason_is_told(name: str) -> None:
    body = typed(name, itemtypes.get(name).examples()[0].content) | {"type": name}
    body |= {"take_home": "STAR\\*D is **one** trial.", "stem": "Two drugs.\n\n| | Age |\n|---|---|\n| P | 35 |"}
    asked = Asked("brakes-1", 1, 1, "LN1", "")
    blocks = list(question_blocks(asked, SimpleNamespace(number=1, body=body), {}, {}))
    tables = {block.caption: block for block in blocks if isinstance(block, Table)}
    texts = {cell for table in tables.values() for row in table.rows for cell in row}
    texts |= {block.text for block in blocks if isinstance(block, Para)}
    assert {"STAR*D is one trial.", "Two drugs."} <= texts
    assert tables["As it stands in the question"].rows == (("P", "35"),)
    told = {text for option in body.get("options", ()) for text in (option.get("text"), option.get("why")) if text}
    assert told <= texts
    in_rows = name in ("single_best_answer", "multiple_response")
    assert ("Options" in tables) == in_rows, "what has more than text, key and reason is told field by field"
