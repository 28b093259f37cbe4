"""Statistics in the words of an author’s page."""

from __future__ import annotations

import itertools

import pytest

from quizapp.core.itemstats.intervals import Figure
from quizapp.core.itemstats.practice import Band
from quizapp.core.itemstats.verdicts import Figures, Finding, Kind, State, Verdict
from quizapp.web.author import findings, option_curves

FIGURES = Figures("1", 60, None, None, [], 130_000, 60_000, drifted=False)
ABOUT = Figure(-0.214, -0.331, -0.004, 60)


def test_every_state_and_finding_has_its_words() -> None:
    assert set(findings.STATES) == set(State)
    assert set(findings.BRIEF) == set(Kind)
    for kind in Kind:
        said = findings.sentence(Finding(kind, "1", ("b",), ABOUT), FIGURES, {"b": "C"})
        assert said.endswith("."), said
        assert findings.brief(Verdict(State.LOOK, (Finding(kind, "1"),))) == findings.BRIEF[kind]


def test_sentences_name_answers_by_their_letters() -> None:
    said = findings.sentence(Finding(Kind.UNUSED, "1", ("b", "d"), None), FIGURES, {"b": "B", "d": "D"})
    assert said.startswith("Hardly anybody answers B and D.")
    assert "2 min 10 s; 60 s are expected" in findings.sentence(Finding(Kind.SLOW, "1"), FIGURES, {})


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (findings.share(Figure(0.618, 0.549, 0.687, 200)), "62 % (55 to 69 %)"),
        (findings.correlation(ABOUT), "−0.21 (−0.33 to 0.00)"),
        (findings.correlation(None), "–"),
        (findings.odds(Figure(1.42, 0.91, 2.2, 80)), "1.4 (0.9 to 2.2)"),
        (findings.duration(48.4), "48 s"),
        (findings.duration(125), "2 min 5 s"),
        (findings.duration(180), "3 min"),
        (findings.month(202603), "March 2026"),
        (findings.listed(["A"]), "A"),
        (findings.listed(["A", "B", "C"]), "A, B and C"),
        (findings.summary(Verdict(State.FEW, ()), 0), "None of the 30 first answers that a judgement takes are there."),
        (findings.summary(Verdict(State.FEW, ()), 1), "1 of the 30 first answers that a judgement takes is there."),
    ],
)
def test_numbers_in_words(said: str, words: str) -> None:
    assert said == words


def test_names_of_lines_never_overlap_and_stay_inside() -> None:
    bands = [Band(None, 0.0, 50, {"a": 0.9, "b": 0.05}), Band(0.0, None, 50, {"a": 0.98, "b": 0.01})]
    options = [(name, name.upper(), name == "a") for name in "abcdefgh"]
    drawing = option_curves.draw(bands, options)
    assert drawing is not None
    heights = sorted(curve.label_y for curve in drawing.curves)
    assert all(two - one >= option_curves.LABEL_ROOM - 0.1 for one, two in itertools.pairwise(heights))
    assert heights[0] >= 0
    assert heights[-1] <= drawing.bottom + option_curves.LABEL_ROOM
    assert [curve.shape for curve in drawing.curves][:3] == ["key", "solid", "long"]
    assert option_curves.draw(bands[:1], options) is None
