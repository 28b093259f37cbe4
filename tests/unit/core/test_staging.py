"""Staging by four models. The worked examples are those of the evidence base (S23, S32, S33; one patient by four)."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizapp.bootstrap import ROOT
from quizapp.core import staging
from quizapp.core.staging import SUBSTAGES, Standing, Step, european, halves_text, mgh_s, msm, thase_rush
from quizapp.core.treatment_history import (
    DRUGS,
    Contradiction,
    DrugClass,
    Ect,
    History,
    Outcome,
    Severity,
    Trial,
)

MODELS = (thase_rush, mgh_s, msm, european)
SSRI = Trial("sertraline", DrugClass.SSRI, 8)
SNRI = Trial("venlafaxine", DrugClass.SNRI, 8)
TCA = Trial("nortriptyline", DrugClass.TCA, 8)
MAOI = Trial("tranylcypromine", DrugClass.MAOI, 8)
NASSA = Trial("mirtazapine", DrugClass.NASSA, 8)


def history(*trials: Trial, months: int = 8, severity: Severity = Severity.MODERATE, **more: object) -> History:
    return History(trials, months, severity, **more)  # type: ignore[arg-type]


def left_out(steps: tuple[Step, ...]) -> list[str]:
    return [step.text for step in steps if step.standing is Standing.LEFT_OUT]


def cautions(steps: tuple[Step, ...]) -> str:
    return " ".join(step.text for step in steps if step.standing is Standing.CAUTION)


WOMAN_OF_46 = history(
    replace(SSRI, dose_raised=True),
    replace(SNRI, dose_raised=True),
    replace(TCA, augmented_with=("lithium",)),
    months=26,
    severity=Severity.SEVERE,
)


def test_one_patient_by_four_models() -> None:
    assert [model(WOMAN_OF_46).label for model in MODELS] == [
        "Thase–Rush III",
        "MGH-S 4.5",
        "MSM 10, moderate",
        "European C, chronic resistant depression",
    ]
    assert european(WOMAN_OF_46).gsrd == "resistance"


def test_the_worked_example_of_the_mgh_s() -> None:
    trials = (replace(SSRI, dose_raised=True), replace(SNRI, prolonged=True), replace(TCA, augmented_with=("lithium",)))
    scored = mgh_s(history(*trials, ect=Ect(bilateral=False)))
    assert (scored.halves, scored.label) == (15, "MGH-S 7.5")
    assert sum(step.halves or 0 for step in scored.steps) == 15


def test_the_worked_examples_of_the_msm() -> None:
    six = [Trial(drug, DRUGS[drug], 8) for drug in list(DRUGS)[:6]]
    first = history(*six[:5], replace(six[5], augmented_with=("lithium",)), months=30, severity=Severity.SEVERE)
    assert (msm(first).total, msm(first).band) == (11, "severe")
    second = msm(history(SSRI, SNRI))
    assert (second.total, second.band) == (5, "mild")
    assert [step.halves for step in second.steps if step.halves is not None] == [2, 6, 2, 0, 0]


@pytest.mark.parametrize(
    ("drugs", "points"), [(1, 1), (2, 1), (3, 2), (4, 2), (5, 3), (6, 3), (7, 4), (10, 4), (11, 5), (20, 5)]
)
def test_the_msm_counts_drugs_in_bands(drugs: int, points: int) -> None:
    trials = [Trial(drug, DRUGS[drug], 6) for drug in list(DRUGS)[:drugs]]
    assert msm(history(*trials)).total == 1 + 3 + points


@pytest.mark.parametrize(("months", "points"), [(0, 1), (12, 1), (13, 2), (24, 2), (25, 3), (600, 3)])
def test_the_msm_counts_months_in_three_steps(months: int, points: int) -> None:
    assert msm(history(replace(SSRI, weeks=4), months=months)).total == points + 3 + 1


@pytest.mark.parametrize(("severity", "points"), [(step, place) for place, step in enumerate(Severity, 1)])
def test_psychosis_raises_the_msm(severity: Severity, points: int) -> None:
    assert msm(history(SSRI, severity=severity)).total == 1 + points + 1


def test_the_msm_reaches_both_of_its_ends_and_begins_with_one_failed_drug() -> None:
    assert msm(history(SSRI, severity=Severity.SUBSYNDROMAL)).total == 3
    eleven = [Trial(drug, DRUGS[drug], 8, augmented_with=("lithium",)) for drug in list(DRUGS)[:11]]
    most = history(*eleven, months=30, severity=Severity.PSYCHOTIC, ect=Ect(bilateral=True))
    assert msm(most).total == 15
    assert msm(history()).total is None
    assert msm(history(replace(SSRI, weeks=3))).total is None


def test_the_msm_counts_a_drug_once_and_ect_however_it_went() -> None:
    eight = Ect(bilateral=True, outcome=Outcome.RESPONDED)
    scored = msm(history(SSRI, SSRI, SSRI, ect=eight))
    assert scored.total == 1 + 3 + 1 + 1
    assert "more than once" in cautions(scored.steps)
    assert "not how it went" in cautions(scored.steps)
    unnamed = Trial("", DrugClass.SSRI, 8)
    assert msm(history(unnamed, unnamed, unnamed)).total == 1 + 3 + 2


@pytest.mark.parametrize(
    ("trials", "stage"),
    [
        ((), 0),
        ((replace(SSRI, outcome=Outcome.RESPONDED),), 0),
        ((SSRI,), 1),
        ((SSRI, SSRI), 1),
        ((TCA,), 1),
        ((SSRI, SNRI), 2),
        ((SSRI, MAOI), 2),
        ((SSRI, TCA), 2),
        ((TCA, NASSA, SSRI), 3),
        ((SSRI, TCA, TCA), 3),
        ((SSRI, SNRI, MAOI), 2),
        ((SSRI, SNRI, TCA, MAOI), 4),
        ((SSRI, MAOI, TCA), 3),
    ],
)
def test_thase_rush_asks_one_more_trial_for_each_stage(trials: tuple[Trial, ...], stage: int) -> None:
    assert thase_rush(history(*trials)).stage == stage


def test_stage_v_asks_for_bilateral_ect_on_top_of_stage_iv() -> None:
    four = (SSRI, SNRI, TCA, MAOI)
    assert thase_rush(history(*four, ect=Ect(bilateral=True))).label == "Thase–Rush V"
    unilateral = thase_rush(history(*four, ect=Ect(bilateral=False)))
    assert (unilateral.stage, left_out(unilateral.steps)) == (
        4,
        ["ECT was unilateral, and stage V asks for bilateral ECT."],
    )
    assert thase_rush(history(*four, ect=Ect(bilateral=True, adequate=None))).stage == 4
    early = thase_rush(history(SSRI, ect=Ect(bilateral=True)))
    assert (early.stage, "builds on stage IV" in cautions(early.steps)) == (1, True)


def test_where_thase_rush_can_be_read_in_two_ways_the_other_stage_is_told() -> None:
    assert "the stage is III." in cautions(thase_rush(history(SSRI, TCA)).steps)
    assert "the stage is IV." in cautions(thase_rush(history(SSRI, TCA, MAOI)).steps)
    assert "the stage is" not in cautions(thase_rush(history(SSRI, SNRI, TCA)).steps)
    assert "MAO inhibitor counts as one class only" in cautions(thase_rush(history(SSRI, SNRI, MAOI)).steps)


@pytest.mark.parametrize(
    ("trial", "because"),
    [
        (replace(SSRI, weeks=3), "lasted 3 weeks"),
        (replace(SSRI, dose_reached=False), "did not reach an adequate dose"),
        (replace(SSRI, dose_reached=None), "dose that is not known"),
        (replace(SSRI, taken=False), "not taken regularly"),
        (replace(SSRI, taken=None), "may not have been taken"),
        (replace(SSRI, outcome=Outcome.RESPONDED), "brought a response"),
        (replace(SSRI, outcome=Outcome.UNTOLERATED), "intolerance"),
        (replace(SSRI, outcome=Outcome.UNKNOWN), "not known"),
    ],
)
def test_what_is_no_adequate_failed_trial_does_not_count_in_any_model_and_is_told_why(
    trial: Trial, because: str
) -> None:
    extra = replace(trial, dose_raised=True, prolonged=True)
    for model in MODELS:
        staged = model(history(extra))
        assert because in " ".join(left_out(staged.steps)), model
    alone = history(extra)
    assert (thase_rush(alone).stage, mgh_s(alone).halves, msm(alone).total, european(alone).group) == (0, 0, None, "")


def test_five_weeks_count_for_thase_rush_and_the_msm_but_not_where_six_are_asked() -> None:
    five = history(replace(SSRI, weeks=5))
    assert (thase_rush(five).stage, msm(five).total, mgh_s(five).halves, european(five).group) == (1, 5, 0, "")


def test_ect_that_worked_or_was_no_adequate_course_earns_nothing_in_the_mgh_s() -> None:
    for course in (Ect(bilateral=True, outcome=Outcome.RESPONDED), Ect(bilateral=True, adequate=False)):
        assert mgh_s(history(SSRI, ect=course)).halves == 2


@pytest.mark.parametrize(
    ("weeks", "fitting"),
    [(12, (1,)), (16, (1,)), (17, ()), (18, (2,)), (24, (2, 3)), (32, (3, 4)), (36, (4, 5)), (52, (5,)), (53, ())],
)
def test_the_sub_stages_of_the_european_method_count_weeks_overlap_and_leave_gaps(
    weeks: int, fitting: tuple[int, ...]
) -> None:
    staged = european(history(replace(SSRI, weeks=6), replace(SNRI, weeks=weeks - 6), months=11))
    assert (staged.group, staged.weeks, staged.substages) == ("B", weeks, fitting)
    assert (f"TRD{fitting[0]}" in staged.label) if len(fitting) == 1 else ("TRD" not in staged.label)


def test_the_european_method_asks_for_two_classes_and_takes_ect_for_one() -> None:
    other_ssri = Trial("citalopram", DrugClass.SSRI, 8)
    same = european(history(SSRI, other_ssri))
    assert (same.group, same.gsrd) == ("A", "resistance")
    assert "of one class" in cautions(same.steps)
    with_ect = european(history(SSRI, ect=Ect(bilateral=False, weeks=6)))
    assert (with_ect.group, with_ect.weeks) == ("B", 14)
    assert european(history(SSRI)).gsrd == "non-response"
    assert european(history(replace(SSRI, outcome=Outcome.RESPONDED))).gsrd == "response"


def test_the_chronic_group_begins_at_twelve_months_with_augmentation() -> None:
    tried = (SSRI, replace(SNRI, augmented_with=("lithium",)))
    assert [european(history(*tried, months=months)).group for months in (11, 12)] == ["B", "C"]
    without = european(history(SSRI, SNRI, months=12))
    assert without.group == "B"
    assert "presupposes augmentation" in cautions(without.steps)


def test_bipolar_depression_is_not_staged() -> None:
    bipolar = replace(WOMAN_OF_46, bipolar=True)
    staged = [model(bipolar) for model in MODELS]
    assert all("not s" in entry.label and len(entry.steps) == 1 for entry in staged)
    assert thase_rush(bipolar).stage is mgh_s(bipolar).halves is msm(bipolar).total is None
    assert european(bipolar).group == ""


def test_a_partial_response_counts_and_says_that_definitions_differ() -> None:
    partial = history(replace(SSRI, outcome=Outcome.PARTIAL))
    assert thase_rush(partial).stage == 1
    assert "partial response" in cautions(thase_rush(partial).steps)


def test_drugs_of_other_classes_are_not_told_apart_and_that_is_said() -> None:
    two = history(Trial("trazodone", DrugClass.OTHER, 8), Trial("agomelatine", DrugClass.OTHER, 8))
    assert (thase_rush(two).stage, european(two).group) == (1, "A")
    assert "one class here" in cautions(thase_rush(two).steps)


@pytest.mark.parametrize(
    ("trials", "more", "where"),
    [
        ((replace(SSRI, weeks=-1),), {}, 1),
        ((SSRI, replace(SNRI, weeks=20)), {"months": 3}, 2),
        ((replace(SSRI, weeks=6),), {"months": 0}, 1),
        ((SSRI,), {"months": -1}, "months"),
        ((SSRI,), {"months": 601}, "months"),
        ((replace(SSRI, drug_class=DrugClass.TCA),), {}, 1),
        ((Trial("Drug X", DrugClass.OTHER, 8), Trial("drug x", DrugClass.SSRI, 8)), {}, 2),
        ((replace(SSRI, augmented_with=("Sertraline",)),), {}, 1),
        ((), {"months": 2, "ect": Ect(bilateral=True, weeks=30)}, "ect"),
    ],
)
def test_a_history_that_cannot_be_true_is_refused(
    trials: tuple[Trial, ...], more: dict[str, object], where: object
) -> None:
    with pytest.raises(Contradiction) as refused:
        history(*trials, **more)  # type: ignore[arg-type]
    assert list(refused.value.problems) == [where]


some_trial = st.builds(
    Trial,
    drug=st.just(""),
    drug_class=st.sampled_from(DrugClass),
    weeks=st.integers(0, 60),
    outcome=st.sampled_from(Outcome),
    dose_reached=st.sampled_from([True, True, False, None]),
    taken=st.sampled_from([True, True, False, None]),
    dose_raised=st.booleans(),
    prolonged=st.booleans(),
    augmented_with=st.sampled_from([(), ("lithium",), ("lithium", "quetiapine")]),
)
some_ect = st.builds(
    Ect, st.booleans(), st.sampled_from([True, False, None]), st.sampled_from(Outcome), st.integers(0, 12)
)
some_history = st.builds(
    History,
    trials=st.lists(some_trial, max_size=8).map(tuple),
    months=st.integers(13, 60),
    severity=st.sampled_from(Severity),
    ect=st.none() | some_ect,
)
failed_trial = st.builds(Trial, st.just(""), st.sampled_from(DrugClass), st.integers(6, 40))


@given(some_history, failed_trial)
def test_one_more_failed_adequate_trial_never_lowers_a_result(before: History, trial: Trial) -> None:
    after = replace(before, trials=(*before.trials, trial))
    assert (thase_rush(after).stage or 0) >= (thase_rush(before).stage or 0)
    assert (mgh_s(after).halves or 0) >= (mgh_s(before).halves or 0) + 2
    assert (msm(after).total or 0) >= (msm(before).total or 0)
    assert european(after).group >= european(before).group
    assert european(after).weeks == european(before).weeks + trial.weeks


@given(some_history)
def test_every_result_keeps_its_bounds_and_its_working_adds_up(some: History) -> None:
    total, stage, score, staged = msm(some), thase_rush(some), mgh_s(some), european(some)
    assert total.total is None or 3 <= total.total <= 15
    assert 0 <= (stage.stage or 0) <= 5
    for points, steps in ((score.halves, score.steps), (2 * (total.total or 0), total.steps)):
        assert sum(step.halves or 0 for step in steps) == points
    assert all(SUBSTAGES[number][0] <= staged.weeks <= SUBSTAGES[number][1] for number in staged.substages)
    for model in (total, stage, score, staged):
        told = [step for step in model.steps if step.standing is not Standing.CAUTION]
        assert len(told) >= len(some.trials), "every trial is told of"
        assert all(step.text.endswith(".") for step in model.steps)


@given(some_history, st.randoms(use_true_random=False))
def test_the_order_of_the_trials_changes_no_result(some: History, rng: object) -> None:
    shuffled = list(some.trials)
    rng.shuffle(shuffled)  # type: ignore[attr-defined]
    other = replace(some, trials=tuple(shuffled))
    assert [model(other).label for model in MODELS] == [model(some).label for model in MODELS]


def test_every_fact_that_a_step_cites_is_in_the_evidence_base() -> None:
    cited = set(re.findall(r'"([STC]\d[\w.]*)"', Path(staging.__file__).read_text("utf-8")))
    facts = "".join(file.read_text("utf-8") for file in (ROOT / "lessons" / "evidence").rglob("facts.yaml"))
    assert "S18" in cited
    assert cited <= set(re.findall(r"^id: (\S+)$", facts, re.M))


def test_half_points_are_written_exactly() -> None:
    assert [halves_text(halves) for halves in (0, 1, 2, 9)] == ["0", "0.5", "1", "4.5"]
