"""A question pasted from a word processor: what people really paste, and nothing of it lost."""

from __future__ import annotations

import re
import string
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quizapp.formats.pasting import LONGEST, Pasted, Unreadable, read

PLAIN = """12. A 34-year-old man sleeps well on a new drug. He has no nausea.
Which of its actions raises the release of noradrenaline?

A. Blockade of α2-autoreceptors *
B. Stimulation of 5-HT1A receptors
C. Blockade of the transporter
D. Inhibition of MAO
"""


def keys(pasted: Pasted) -> str:
    return "".join(option["text"][0] for option in pasted.content["options"] if option["key"])


def texts(pasted: Pasted) -> list[str]:
    return [option["text"] for option in pasted.content["options"]]


def test_stem_question_options_and_starred_key() -> None:
    pasted = read(PLAIN)
    assert pasted.type == "single_best_answer"
    assert pasted.content["stem"] == "A 34-year-old man sleeps well on a new drug. He has no nausea."
    assert pasted.content["lead_in"] == "Which of its actions raises the release of noradrenaline?"
    assert texts(pasted)[:2] == ["Blockade of α2-autoreceptors", "Stimulation of 5-HT1A receptors"]
    assert [option["key"] for option in pasted.content["options"]] == [True, False, False, False]
    assert [option["id"] for option in pasted.content["options"]] == ["a", "b", "c", "d"]
    assert pasted.left == ()
    assert pasted.notes == ("The number “12.” before the question was taken away.",)


QUESTION = "Which one is a metal?\n"
SHAPES = {
    "letters with brackets": "a) Iron\nb) Air\nc) Water\nAnswer: a",
    "letters in brackets": "(A) Iron\n(B) Air\n(C) Water\nCorrect answer: A",
    "numbers": "1. Iron\n2. Air\n3. Water\nKey: 1",
    "bullets with a star": "• *Iron\n• Air\n• Water",
    "hyphens with a tick": "- Iron ✓\n- Air\n- Water",
    "a star before": "*A. Iron\nB. Air\nC. Water",
    "bold by an editor of Markdown": "A. **Iron**\nB. Air\nC. Water",
    "bold all over": "**A. Iron**\nB. Air\nC. Water",
    "said behind": "A. Iron (correct)\nB. Air\nC. Water",
    "the answer in words": "A. Iron\nB. Air\nC. Water\n\nThe correct answer is: Iron",
    "the answer with its words": "A. Iron\nB. Air\nC. Water\n\nANSWER: A. Iron",
    "tabs between": "A.\tIron\t*\nB.\tAir\nC.\tWater",
    "non-breaking spaces": "A.\u00a0Iron\u00a0*\nB.\u00a0Air\nC.\u202fWater",
    "soft returns": "A. Iron*\x0bB. Air\x0bC. Water",
    "line separators": "A. Iron*\u2028B. Air\u2028C. Water",
    "old Macintosh": "A. Iron*\rB. Air\rC. Water\r",
    "empty lines between": "\n\nA. Iron*\n\n\nB. Air\n\nC. Water\n\n",
    "right-to-left marks": "A.\u200f Iron\u200f *\n\u202bB. Air\u202c\nC. Water",
    "a box ticked": "[x] A. Iron\nB. Air\nC. Water",
}


@pytest.mark.parametrize("shape", SHAPES)
def test_the_marks_people_use(shape: str) -> None:
    pasted = read(QUESTION + SHAPES[shape])
    assert texts(pasted) == ["Iron", "Air", "Water"]
    assert keys(pasted) == "I"
    assert pasted.content["lead_in"] == "Which one is a metal?"
    assert pasted.left == ()


def test_smart_quotes_and_dashes_stay_as_they_are_typed() -> None:
    pasted = read("He says “I can’t sleep”—again. What helps?\nA. ‘Sleep hygiene’ *\nB. 5–10 mg\nC. More…")
    assert pasted.content["stem"] == "He says “I can’t sleep”—again."
    assert texts(pasted) == ["‘Sleep hygiene’", "5–10 mg", "More…"]


def test_right_to_left_text_keeps_its_letters() -> None:
    pasted = read("מהי התרופה?\nA. מירטזפין *\nB. ליתיום\nC. אחר")
    assert pasted.content["lead_in"] == "מהי התרופה?"
    assert texts(pasted) == ["מירטזפין", "ליתיום", "אחר"]


def test_no_key_and_two_keys_are_said() -> None:
    none = read(QUESTION + "A. Iron\nB. Air\nC. Water")
    assert (keys(none), none.type) == ("", "single_best_answer")
    assert "No option is marked as the key; tick it." in none.notes
    two = read(QUESTION + "A. Iron*\nB. Air\nC. Gold\nAnswer: A and C")
    assert (keys(two), two.type) == ("IG", "multiple_response")
    assert any("2 options are marked" in note for note in two.notes)
    listed = read(QUESTION + "A. Iron\nB. Air\nC. Gold\nAnswers: A, C")
    assert keys(listed) == "IG"


def test_reasons_are_put_where_they_belong() -> None:
    pasted = read(
        QUESTION
        + "A. Iron\nFeedback: It conducts.\nIt shines, too.\nB. Air\nRationale: A gas.\nC. Water\n\nAnswer: A\n"
        "Explanation: Metals conduct\nand shine.\n\nMost are solid.\n\nC: A liquid.\n"
        "Take-home message: Metals conduct.\nDifficulty: easy\nTopic: Chemistry"
    )
    assert [option["why"] for option in pasted.content["options"]] == [
        "It conducts. It shines, too.", "A gas.", "A liquid.",
    ]  # fmt: skip
    assert pasted.content["explanation"] == "Metals conduct and shine.\n\nMost are solid."
    assert "Metals conduct." in pasted.content["take_home"]
    assert pasted.content["difficulty"] == "easy"
    assert "Topic: Chemistry" in [*pasted.left, *pasted.content["take_home"].split("  ")] or "Chemistry" in str(pasted)


def test_an_option_goes_on_in_the_next_line() -> None:
    pasted = read(QUESTION + "A. Iron,\nwhich rusts *\nB. Air\nC. Water")
    assert texts(pasted)[0].startswith("Iron, which rusts")


def test_a_second_question_is_shown_and_not_mixed_in() -> None:
    pasted = read(PLAIN + "\n13. What is next?\nA. One\nB. Two\n")
    assert len(pasted.content["options"]) == 4
    assert pasted.left == ("13. What is next?", "A. One", "B. Two")


def test_true_and_false_short_answers_and_bare_text() -> None:
    statement = read("Mirtazapine blocks H1-receptors.\nA. True *\nB. False")
    assert (statement.type, statement.content["answer"]) == ("true_false", "true")
    assert statement.content["stem"] == "Mirtazapine blocks H1-receptors."
    typed = read("Which receptor brakes the release?\nAnswer: α2-autoreceptor")
    assert (typed.type, typed.content["accept"]) == ("short_text", ["α2-autoreceptor"])
    bare = read("Only some words.")
    assert bare.content == {"stem": "Only some words."}
    assert "No options were found; begin each with A., 1. or a bullet." in bare.notes


def test_a_vignette_may_hold_lists_and_abbreviations() -> None:
    pasted = read(
        "A. Smith, a 40-year-old, takes:\n- sertraline 50 mg\n\nWhat is next, e.g. today?\n\n"
        "A. Wait *\nB. Raise\nC. Stop"
    )
    assert texts(pasted)[-3:] == ["Wait", "Raise", "Stop"]
    assert "Smith" in str(pasted)


@pytest.mark.parametrize("text", ["", " \n\t ", "\u200b\u200b", "a" * (LONGEST + 1), "A. x\n" * 250_000])
def test_nothing_and_far_too_much_are_refused_in_words(text: str) -> None:
    begun = time.perf_counter()
    with pytest.raises(Unreadable) as refused:
        read(text)
    assert str(refused.value).endswith(".")
    assert time.perf_counter() - begun < 2


def test_four_hundred_options_are_all_there() -> None:
    many = "".join(f"{n}. Option number {n}\n" for n in range(1, 451))
    pasted = read(f"Which?\n{many}")
    assert len(pasted.content["options"]) == 400
    assert len({option["id"] for option in pasted.content["options"]}) == 400
    assert len(pasted.left) == 50


@pytest.mark.parametrize(
    "text", ["*" * 60_000, "A. " * 30_000, "((((" * 20_000, "answer " * 14_000, "a,b;" * 20_000 + "?"]
)
def test_tangles_take_no_time(text: str) -> None:
    begun = time.perf_counter()
    read(f"Which?\nA. {text}\nB. x\nAnswer: {text[:40_000]}"[:LONGEST])
    assert time.perf_counter() - begun < 3


MARKS = [
    "A.",
    "B)",
    "(C)",
    "1.",
    "2)",
    "•",
    "-",
    "*",
    "*A.",
    "Answer:",
    "Feedback:",
    "Explanation:",
    "Why B:",
    "",
    "  ",
    "12.",
]
WORD = st.text(string.ascii_lowercase, min_size=4, max_size=9)
LINE = st.tuples(st.sampled_from(MARKS), st.lists(WORD, max_size=5), st.sampled_from(["", "?", " *", ".", ":", "\t"]))


@settings(max_examples=200)
@given(st.lists(LINE, min_size=1, max_size=14))
def test_no_word_is_ever_lost(lines: list[tuple[str, list[str], str]]) -> None:
    text = "\n".join(f"{mark} {' '.join(words)}{end}" for mark, words, end in lines)
    try:
        pasted = read(text)
    except Unreadable:
        assert not text.strip()
        return
    said = f"{pasted.content} {pasted.left} {pasted.notes}".replace("\\n", " ")
    kept = set(re.findall(r"[a-z]+", said))
    lost = {word for _, words, _ in lines for word in words} - kept
    options = {option["text"] for option in pasted.content.get("options", ())}
    assert all(any(word in option for option in options) for word in lost), lost
