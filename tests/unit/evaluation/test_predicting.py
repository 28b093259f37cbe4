"""Reading a log, predicting its answers, and judging predictions."""

from __future__ import annotations

import datetime as dt
import math
import random
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from quizapp.cli import quizapp
from quizapp.evaluation import logs, predicting
from quizapp.evaluation.logs import Answer, Unreadable
from quizapp.evaluation.predictors import PREDICTORS

HEADER = "learner,item,objective,time,correct\n"


def made_log(learners: int = 25, questions: int = 40) -> list[Answer]:
    """Learners of different ability, questions of different difficulty, three to an objective."""
    rng = random.Random(2)
    level = [rng.gauss(0, 1.2) for _ in range(12)]
    begins = dt.datetime(2026, 1, 1, 9, tzinfo=dt.UTC)
    answers = []
    for learner in range(learners):
        able = rng.gauss(0, 1.5)
        for number in range(questions):
            item = rng.randrange(12)
            right = rng.random() < 1 / (1 + math.exp(level[item] - able - 0.04 * number))
            at = begins + dt.timedelta(days=number, minutes=learner)
            answers.append(Answer(f"l{learner}", f"i{item}", f"o{item // 3}", at, right))
    return sorted(answers, key=lambda one: one.at)


def as_text(answers: list[Answer]) -> str:
    rows = [f"{one.at.isoformat()},{one.objective},{int(one.right)},{one.item},{one.learner},x" for one in answers]
    return "\n".join(["time,objective,correct,item,learner,note", *rows])


def test_a_log_is_read_whatever_the_order_of_its_columns_and_rows() -> None:
    answers = made_log(3, 5)
    shuffled = as_text(random.Random(1).sample(answers, len(answers)))
    # The first line is the header; sampling shuffles the rows only.
    assert logs.read(shuffled) == answers


def test_times_and_marks_may_be_written_in_the_usual_ways() -> None:
    read = logs.read(HEADER + "a,i,o,0,1\na,i,o,1970-01-02,false\n\na,i,o,1970-01-03T00:00:00+02:00,0.8\n")
    assert [one.right for one in read] == [True, False, True]
    assert [one.at.isoformat() for one in read[1:]] == ["1970-01-02T00:00:00+00:00", "1970-01-03T00:00:00+02:00"]
    assert logs.read("learner,item,objective,time,correct,guess\na,i,o,1,1,0.5\n")[0].guess == 0.5


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("a,i,o,2026-01-01", "4 cells under 5 names"),
        ("a,i,o,yesterday,1", "not a time: “yesterday”"),
        ("a,i,o,2026-01-01,perhaps", "correct is neither yes, no nor between 0 and 1: “perhaps”"),
        ("a,i,o,2026-01-01,nan", "correct is neither yes, no nor between 0 and 1: “nan”"),
        (",i,o,2026-01-01,1", "no learner"),
    ],
)
def test_one_bad_row_refuses_the_log_with_its_line(row: str, fault: str) -> None:
    with pytest.raises(Unreadable) as refused:
        logs.read(f"{HEADER}a,i,o,2026-01-01,1\n{row}\n")
    assert refused.value.lines == [f"3: {fault}"]


@pytest.mark.parametrize("text", ["", "learner,item\na,b\n", HEADER, "item,item,learner,objective,time,correct\n"])
def test_a_log_without_its_columns_or_without_answers_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        logs.read(text)


def test_every_predictor_gives_chances_and_what_learns_beats_the_mean() -> None:
    later, strangers = predicting.compare(made_log())
    for split in (later, strangers):
        assert set(split.scores) == set(PREDICTORS)
        assert all(0 < one.log_loss < 3 and 0 <= one.calibration <= 1 for one in split.scores.values())
    for name in ("moving average", "PFA", "Elo", "1PL"):
        assert later.scores[name].log_loss < later.scores["mean"].log_loss
    assert later.scores["1PL"].auc > 0.65
    corrected = later.scores["this engine, corrected from the log"]
    assert corrected.log_loss < later.scores["this engine"].log_loss


def test_no_predictor_looks_at_the_answer_it_predicts() -> None:
    answers = made_log(8, 12)
    for make in PREDICTORS.values():
        predictor = make()
        predictor.fit(answers[:-1])
        last = answers[-1]
        other = Answer(last.learner, last.item, last.objective, last.at, not last.right)
        assert predictor.predict(last) == predictor.predict(other)


def test_learners_held_out_are_in_no_answer_that_was_fitted() -> None:
    answers = made_log(10, 4)
    strangers = predicting.compare(answers)[1]
    assert (strangers.fitted, strangers.tested) == (32, 8)


def test_the_scores_are_those_of_the_book() -> None:
    chance, right = np.array([0.9, 0.6, 0.4, 0.4]), np.array([1.0, 0.0, 1.0, 0.0])
    told = predicting.score(chance, right, np.array([1, 0, 0, 0]))
    assert told.log_loss == pytest.approx(-(math.log(0.9) + math.log(0.4) + math.log(0.4) + math.log(0.6)) / 4)
    assert told.new == pytest.approx(-math.log(0.9))
    assert told.auc == pytest.approx((1 + 1 + 0 + 0.5) / 4)
    assert told.calibration == pytest.approx((0.1 + 0.6 + 0.2) / 4)
    assert math.isnan(predicting.area_under_curve(chance, np.ones(4)))


def test_one_learner_can_be_judged_on_later_answers_only_and_one_answer_not_at_all() -> None:
    assert [one.split for one in predicting.compare(made_log(1, 20))] == ["later answers"]
    assert "not enough" in predicting.markdown(predicting.compare(made_log(1, 1)))


def test_the_command_prints_both_tables_or_the_lines_at_fault(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text(as_text(made_log(6, 8)), "utf-8")
    told = CliRunner().invoke(quizapp, ["engine", "evaluate", str(log)])
    assert told.exit_code == 0
    assert told.output.count("| this engine |") == 2
    log.write_text(HEADER + "a,i,o,never,1\n", "utf-8")
    refused = CliRunner().invoke(quizapp, ["engine", "evaluate", str(log)])
    assert refused.exit_code == 1
    assert "log.csv:2: not a time" in refused.output
