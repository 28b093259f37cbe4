"""When two pieces of wording say the same."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizapp.core.wording import canonical, terms, tidy


@pytest.mark.parametrize(
    "names",
    [
        ["α2", "alpha2", "Alpha 2", "a2", "α-2", "α₂"],
        ["5-HT", "5HT", "5 - HT", "serotonin", "Serotonin", "5-hydroxytryptamine", "the serotonin"],
        ["5-HT2A receptor", "serotonin 2A receptors", "5HT2A-receptor"],
        ["noradrenaline", "norepinephrine", "Noradrénaline", "NOREPINEPHRINE"],
        ["noradrenergic", "norepinephrinergic"],
        ["5-HTT", "SERT", "serotonin transporter", "5-HT transporter"],
        ["SSRI", "SSRIs", "selective serotonin re-uptake inhibitors", "Selective 5-HT reuptake inhibitor"],
        ["SNRI", "serotonin–norepinephrine reuptake inhibitor", "serotonin and noradrenaline reuptake inhibitors"],
        ["MAO-A", "monoamine oxidase A"],
        ["CBT", "cognitive behavioural therapy", "cognitive-behavioral therapy"],
        ["anaemia", "anemia"],
        ["oestrogen", "estrogen"],
        ["behaviour", "behavior"],
        ["randomised", "randomized"],
        ["fibre", "fiber"],
        ["sulphate", "sulfate"],
        ["labelled", "labeled"],
        ["biopsies", "biopsy"],
        ["presynaptic autoreceptor", "pre-synaptic auto-receptors", "a presynaptic autoreceptor"],
        ["paracetamol", "acetaminophen"],
        ["7.5 mg", "7,5mg"],
        ["5 µg", "5 μg", "5 mcg"],
    ],
)  # fmt: skip
def test_these_are_one_answer(names: list[str]) -> None:
    assert len({canonical(name) for name in names}) == 1, {name: canonical(name) for name in names}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("α1", "α2"),
        ("5-HT", "5-HTP"),
        ("5-HT", "5-HTT"),
        ("5-HT1A", "5-HT1B"),
        ("agonist", "antagonist"),
        ("< 5", "> 5"),
        ("7.5", "75"),
        ("5 mg", "5 µg"),
        ("Na", "Na+"),
        ("dopamine", "dobutamine"),
        ("noradrenaline", "adrenaline"),
        ("hypotension", "hypertension"),
        ("mirtazapine", "mirtazapin"),
    ],
)
def test_these_are_two(one: str, other: str) -> None:
    assert canonical(one) != canonical(other)


@pytest.mark.parametrize("text", ["", "   ", "… – !", "\x00", "\u200b"])
def test_a_text_without_a_word_comes_to_nothing(text: str) -> None:
    assert canonical(text) == ""


def test_search_finds_a_receptor_by_its_transmitter() -> None:
    assert terms("5-HT2A receptors") == ("serotonin", "2a", "receptor")
    assert terms("Norepinephrine reuptake") == ("noradrenaline", "reuptake")


@given(st.text(max_size=200))
def test_no_text_is_too_strange(text: str) -> None:
    assert isinstance(canonical(text), str)
    assert "\x00" not in tidy(text)
    tidy(text).encode()


@given(st.text(alphabet=string.ascii_letters + " ", max_size=60))
def test_case_and_hyphens_never_matter(text: str) -> None:
    assert canonical(text.upper()) == canonical(text)
    assert canonical(" " + text.replace(" ", "-") + " ") == canonical(text)


def test_tidy_puts_a_text_into_one_line_that_every_database_takes() -> None:
    assert tidy(" a\x00b\n c\u202e \ud800") == "a b c"
