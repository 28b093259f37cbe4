"""What the buttons of an editor do, and what comes of two texts that are joined field by field."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from quizapp.itemtypes.editing import Json
from quizapp.services.authoring.judging import Fault
from quizapp.web.author import item_forms, marking_faults, merging, reshaping, stale


def question(*texts: str, **more: Any) -> Json:
    options = [{"id": "abcdef"[n], "text": text, "key": n == 0, "why": "So."} for n, text in enumerate(texts)]
    return {"id": "x-1", "type": "single_best_answer", "options": options} | more


def after(content: Json, wish: str, **chosen: str) -> tuple[Json, str]:
    form = item_forms.filled(content, {})
    done = reshaping.reshape(form, item_forms.said(content, form), wish, chosen)
    assert done is not None
    return item_forms.worded(done.content), done.focus


def texts(content: Json) -> str:
    return "".join(row["text"] for row in content["options"])


@pytest.mark.parametrize(
    ("wish", "wanted", "focus"),
    [
        ("up:options-1", "BAC", "options-0"),
        ("up:options-0", "ABC", "options-0"),
        ("down:options-0", "BAC", "options-1"),
        ("down:options-2", "ABC", "options-2"),
        ("remove:options-1", "AC", "options-1"),
        ("remove:options-2", "AB", "options-1"),
        ("remove:options-9", "ABC", ""),
        ("up:options", "ABC", ""),
        ("add:nothing", "ABC", ""),
        ("add:stem", "ABC", ""),
        ("add:options-1", "ABC", ""),
    ],
)
def test_rows_move_and_keep_everything_else(wish: str, wanted: str, focus: str) -> None:
    content = question("A", "B", "C", stem="It stays.")
    changed, goes_to = after(content, wish)
    assert (texts(changed), goes_to) == (wanted, focus)
    assert changed["stem"] == "It stays."
    assert [row["id"] for row in changed["options"]] == [text.lower() for text in wanted]


def test_a_new_row_has_an_id_that_none_had_before() -> None:
    content = question("A", "B")
    form = item_forms.filled(content, {})
    done = reshaping.reshape(form, item_forms.said(content, form), "add:options", {})
    assert done is not None
    assert done.content["options"][-1] == {"id": "c"}
    assert done.focus == "options-2"


def test_a_list_takes_no_more_than_its_type() -> None:
    content = question(*"ABCDEF")
    for _ in range(10):
        form = item_forms.filled(content, {})
        done = reshaping.reshape(form, item_forms.said(content, form), "add:options", {})
        assert done is not None
        content = done.content
    assert len(content["options"]) == 12
    assert done.sentence == "12 are as many as fit."


def test_a_part_is_added_with_the_rows_of_its_type() -> None:
    content: Json = {"id": "x-1", "type": "case"}
    for chosen in ("numeric", "single_best_answer", "<script>"):
        form = item_forms.filled(content, {})
        done = reshaping.reshape(form, item_forms.said(content, form), "add:parts", {"new-part": chosen})
        assert done is not None
        content = done.content
    assert [part["id"] for part in content["parts"]] == ["p1", "p2", "p3"]
    assert [part["type"] for part in content["parts"]][:2] == ["numeric", "single_best_answer"]
    assert len(content["parts"][1]["options"]) == 5
    moved, _ = after(content, "up:parts-1")
    assert [part["id"] for part in moved["parts"]] == ["p2", "p1", "p3"]
    inner, focus = after(content | {"parts": [content["parts"][1]]}, "remove:parts-0-options-1")
    assert focus == "parts-0-options-1"
    assert inner["parts"][0]["type"] == "single_best_answer"


def test_picking_is_idempotent_and_keeps_the_order() -> None:
    content = question("A", facts=["N1", "N2"])
    assert after(content, "pick:facts:N3")[0]["facts"] == ["N1", "N2", "N3"]
    assert after(content, "pick:facts:N1")[0]["facts"] == ["N2", "N1"]
    changed, focus = after(content, "unpick:facts:N1")
    assert (changed["facts"], focus) == (["N2"], "find-facts")
    assert after(content, "pick:nothing:N1")[0]["facts"] == ["N1", "N2"]


def test_the_key_goes_round() -> None:
    content = question("A", "B", "C")
    for wanted in ("BAC", "BCA", "ABC"):
        content, focus = after(content, "key:options")
        assert (texts(content), focus) == (wanted, "options")
    assert texts(after(question("A", options=[]), "key:options")[0] | {"options": []}) == ""
    assert after(content, "key:stem")[0]["options"] == content["options"]


def test_a_mend_from_a_stale_page_changes_nothing() -> None:
    content = question("Gold.", "Iron", "Zinc", lead_in="Which one is it?")
    assert texts(after(content, 'mend:heterogeneous-options:["options"]')[0]) == "GoldIronZinc"
    for wish in ("mend:heterogeneous-options:{", "mend:nothing:[]", 'mend:numbers:["options"]', "mend:"):
        assert texts(after(content, wish)[0]) == "Gold.IronZinc"


def test_faults_are_shown_at_the_rows_as_they_stand_in_the_form() -> None:
    content = question("A", "", "C")
    content["options"][1] = {"id": "b", "text": "", "why": ""}
    content["options"][2]["why"] = ""
    form = item_forms.filled(content, {})
    said = item_forms.said(content, form)
    worded = item_forms.worded(said)
    assert len(worded["options"]) == 2
    (placed,) = marking_faults.place(form, said, worded, [Fault(("options", 1, "why"), "missing", "")], check=True)
    assert (placed.id, placed.place, placed.sentence) == ("options-2-why", "Option C, Reason", "Fill this in.")
    assert form["options"][2].form["why"].faults == ["Fill this in."]


# --- two versions -----------------------------------------------------------------------------------------------------


def both() -> tuple[Json, Json]:
    base = question("A", "B", "C", stem="One.", lead_in="Which?", facts=["N1"])
    mine, theirs = copy.deepcopy(base), copy.deepcopy(base)
    mine["stem"], theirs["lead_in"] = "Mine.", "Theirs?"
    mine["options"][1]["text"] = "B, mine"
    theirs["options"].append({"id": "d", "text": "D, theirs", "key": False, "why": "So."})
    mine["options"].insert(0, {"id": "e", "text": "E, mine", "key": False, "why": "So."})
    theirs["options"][0], theirs["options"][2] = theirs["options"][2], theirs["options"][0]
    return mine, theirs


def test_every_difference_is_named_once_and_rows_are_compared_with_themselves() -> None:
    mine, theirs = both()
    named = {one.key: (one.mine, one.theirs) for one in merging.compare(mine, theirs)}
    assert set(named) == {
        ("stem",), ("lead_in",), ("options", "b", "text"), ("options", "d"), ("options", "e"), ("options", ""),
    }  # fmt: skip
    assert merging.compare(mine, mine) == []
    assert merging.compare({"a": None, "b": []}, {"a": ""}) == []


def test_all_of_one_side_is_that_side() -> None:
    mine, theirs = both()
    names = [one.name for one in merging.compare(mine, theirs)]
    assert merging.merge(mine, theirs, dict.fromkeys(names, "mine"), {}) == mine
    assert merging.merge(mine, theirs, dict.fromkeys(names, "theirs"), {}) == theirs
    assert merging.merge(mine, theirs, {}, {}) == theirs


def test_fields_are_taken_one_by_one_or_written_anew() -> None:
    mine, theirs = both()
    stem, lead_in = '["stem"]', '["lead_in"]'
    chosen = {stem: "mine", lead_in: "written", '["options","e"]': "mine", '["options","d"]': "theirs"}
    joined = merging.merge(mine, theirs, chosen, {lead_in: "Both?"})
    assert (joined["stem"], joined["lead_in"]) == ("Mine.", "Both?")
    assert {row["id"] for row in joined["options"]} == {"a", "b", "c", "d", "e"}
    assert next(row for row in joined["options"] if row["id"] == "b")["text"] == "B"


def test_two_versions_are_told_in_words() -> None:
    mine, theirs = both()
    told = {
        stale.title(one.key, mine, theirs, lambda content: item_forms.filled(content, {})): stale.sides(one)
        for one in merging.compare(mine, theirs)
    }
    assert set(told) == {"Stem", "Question", "Option C, Text", "Option D", "Option A", "Options, order"}
    assert told["Stem"][0].pieces == (("Mine", True), (".", False))
    assert told["Option A"][1].pieces is None
    assert "text: E, mine" in "".join(text for text, _ in told["Option A"][0].pieces or ())
