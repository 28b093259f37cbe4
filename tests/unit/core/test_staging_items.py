"""The keys of the staging questions, worked out by the program from the histories of their vignettes."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from quizapp import paths
from quizapp.core.staging import ROMAN, european, halves_text, mgh_s, msm, thase_rush
from quizapp.core.treatment_history import DRUGS, DrugClass, Ect, History, Outcome, Severity, Trial
from quizapp.formats import tree

BANK = paths.question_banks() / "staging"
FAILED_ECT = Ect(bilateral=True)


def trial(drug: str, weeks: int = 8, **more: object) -> Trial:
    return Trial(drug, DRUGS[drug], weeks, **more)  # type: ignore[arg-type]


def drugs(number: int, **last: object) -> tuple[Trial, ...]:
    """So many drugs without a name in adequate trials, the last of them as told."""
    plain = [Trial("", DrugClass.OTHER, 8) for _ in range(number - 1)]
    return (*plain, Trial("", DrugClass.OTHER, 8, **last))  # type: ignore[arg-type]


def told(*trials: Trial, months: int = 30, severity: Severity = Severity.MODERATE, ect: Ect | None = None) -> History:
    return History(trials, months, severity, ect)


DATES_COME_LATE = told(
    trial("sertraline", dose_raised=True),
    trial("citalopram"),
    trial("mirtazapine", 1, outcome=Outcome.UNTOLERATED),
    trial("venlafaxine", 14, augmented_with=("lithium",)),
    trial("nortriptyline", 3, dose_reached=False),
    months=14,
    severity=Severity.SEVERE,
)
ECT_OUT_OF_TURN = told(trial("venlafaxine"), months=5, severity=Severity.SEVERE, ect=FAILED_ECT)

SCORES = {
    "staging-026": told(
        trial("sertraline", dose_raised=True), trial("mirtazapine"), trial("venlafaxine", augmented_with=("lithium",))
    ),
    "staging-027": told(
        trial("escitalopram"),
        trial("duloxetine", 7, dose_raised=True),
        trial("nortriptyline"),
        trial("bupropion", 1, outcome=Outcome.UNTOLERATED),
        ect=FAILED_ECT,
    ),
    "staging-029": told(
        trial("fluoxetine"),
        trial("paroxetine", dose_raised=True),
        trial("venlafaxine", dose_raised=True, augmented_with=("mirtazapine",)),
        trial("clomipramine", augmented_with=("lithium",)),
        trial("tranylcypromine"),
    ),
    "staging-030": told(
        trial("sertraline", 4),
        trial("venlafaxine", dose_raised=True),
        trial("vortioxetine", 7, augmented_with=("aripiprazole",)),
    ),
    "staging-031": told(
        trial("citalopram"),
        trial("sertraline", dose_raised=True),
        trial("mirtazapine"),
        trial("nortriptyline", augmented_with=("lithium",)),
        ect=FAILED_ECT,
    ),
    "staging-032": told(*drugs(4), months=18),
    "staging-033": told(
        *drugs(2, augmented_with=("olanzapine",)), months=9, severity=Severity.PSYCHOTIC, ect=FAILED_ECT
    ),
    "staging-034": told(
        *drugs(8, augmented_with=("lithium", "aripiprazole")), months=40, severity=Severity.SEVERE, ect=FAILED_ECT
    ),
    "staging-037": told(*drugs(10, augmented_with=("lithium",)), months=24),
    "staging-038": told(
        *drugs(4, augmented_with=("lithium",)),
        Trial("", DrugClass.OTHER, 0, Outcome.UNTOLERATED),
        months=13,
        severity=Severity.SEVERE,
    ),
    "staging-039": told(*drugs(1), months=10, severity=Severity.SUBSYNDROMAL),
    "staging-053 p2": DATES_COME_LATE,
    "staging-053 p3": DATES_COME_LATE,
    "staging-054 p1": ECT_OUT_OF_TURN,
    "staging-054 p2": ECT_OUT_OF_TURN,
}

THASE_RUSH = {
    "staging-002": told(trial("escitalopram"), trial("venlafaxine"), trial("amitriptyline")),
    "staging-020": told(
        trial("sertraline"), trial("venlafaxine"), trial("amitriptyline", augmented_with=("aripiprazole",))
    ),
    "staging-024": told(
        trial("paroxetine", 9),
        trial("duloxetine", augmented_with=("lithium",)),
        trial("clomipramine", 1, dose_reached=False),
    ),
    "staging-053 p4": DATES_COME_LATE,
}

EUROPEAN = {
    "staging-041": told(trial("sertraline", 7), trial("venlafaxine", 7, dose_reached=False), months=7),
    "staging-044": told(trial("sertraline"), months=4),
    "staging-045": told(
        trial("fluoxetine", 7),
        trial("duloxetine", 7),
        trial("amitriptyline", 7, augmented_with=("lithium",)),
        months=20,
    ),
    "staging-046": told(
        trial("sertraline", 7),
        trial("venlafaxine", 8),
        *(trial(drug, 0, outcome=Outcome.UNTOLERATED) for drug in ("bupropion", "duloxetine", "mirtazapine")),
        months=9,
    ),
}

BEFORE_THE_EVENT = {
    "staging-036": told(*drugs(3, augmented_with=("lithium",)), months=10, ect=FAILED_ECT),
    "staging-040": told(*drugs(5, augmented_with=("lithium",)), months=30),
}

LITHIUM_BESIDE_THE_SECOND = told(
    trial("citalopram"), trial("sertraline", augmented_with=("lithium",)), trial("venlafaxine")
)
RUNG_FOUR = told(
    trial("sertraline", dose_raised=True),
    trial("venlafaxine", dose_raised=True),
    trial("nortriptyline"),
    trial("tranylcypromine"),
)
A_TRICYCLIC_TOO_MUCH = told(
    trial("sertraline"),
    trial("escitalopram"),
    trial("venlafaxine", augmented_with=("lithium",)),
    trial("clomipramine"),
    months=26,
    severity=Severity.SEVERE,
)

CORRECTED = {
    "staging-056": (
        LITHIUM_BESIDE_THE_SECOND,
        replace(
            LITHIUM_BESIDE_THE_SECOND,
            trials=(*LITHIUM_BESIDE_THE_SECOND.trials[:2], trial("venlafaxine", augmented_with=("quetiapine",))),
        ),
    ),
    "staging-058": (
        A_TRICYCLIC_TOO_MUCH,
        replace(A_TRICYCLIC_TOO_MUCH, trials=(*A_TRICYCLIC_TOO_MUCH.trials[:3], trial("clomipramine", 1))),
    ),
}
"""The history before and after what the question tells; what changes is the key."""


@pytest.fixture(scope="module")
def steps() -> dict[str, tuple[str, str, str]]:
    """Question, or question and part → its type, its lead-in, and the number or the option that is right."""
    files = {f"question_banks/staging/{file.name}": file.read_bytes() for file in sorted(BANK.glob("*.yaml"))}
    found = {}
    for entry in tree.parse(files).of("item"):
        item = entry.fields.model_dump(mode="json")
        for step in item.get("parts", [item]):
            name = f"{item['id']} {step['id']}" if "parts" in item else item["id"]
            if step["type"] == "numeric":
                found[name] = "numeric", step["lead_in"], str(step["value"])
            elif step["type"] == "single_best_answer":
                key = next(option["text"] for option in step["options"] if option["key"])
                found[name] = "single_best_answer", step["lead_in"], key
    return found


def test_every_number_that_the_staging_questions_ask_for_is_held_here(steps: dict[str, tuple[str, str, str]]) -> None:
    assert set(SCORES) == {name for name, (kind, _, _) in steps.items() if kind == "numeric"}


@pytest.mark.parametrize("name", SCORES)
def test_the_program_comes_to_the_number_that_is_the_key(name: str, steps: dict[str, tuple[str, str, str]]) -> None:
    _, lead_in, key = steps[name]
    halves, total = mgh_s(SCORES[name]).halves, msm(SCORES[name]).total
    assert ("(MGH-S)" in lead_in) != ("(MSM)" in lead_in)
    assert key == (halves_text(halves or 0) if "(MGH-S)" in lead_in else str(total))


@pytest.mark.parametrize("name", THASE_RUSH)
def test_the_program_comes_to_the_rung_that_is_the_key(name: str, steps: dict[str, tuple[str, str, str]]) -> None:
    stage = thase_rush(THASE_RUSH[name]).stage
    assert stage is not None
    assert steps[name][2].split()[-1] == ROMAN[stage]


@pytest.mark.parametrize("name", EUROPEAN)
def test_the_program_comes_to_the_european_group_that_is_the_key(
    name: str, steps: dict[str, tuple[str, str, str]]
) -> None:
    found = european(EUROPEAN[name])
    if name == "staging-044":
        assert steps[name][2].casefold() == found.gsrd
    elif found.group in "AC":
        assert steps[name][2].startswith(f"Group {found.group}")
    else:
        (substage,) = found.substages
        assert steps[name][2].casefold().endswith(f"sub-stage {substage}")
        assert found.group == "B"


@pytest.mark.parametrize("name", BEFORE_THE_EVENT)
def test_of_the_events_that_could_raise_a_maudsley_score_only_the_key_does(
    name: str, steps: dict[str, tuple[str, str, str]]
) -> None:
    before = BEFORE_THE_EVENT[name]
    *others, last = before.trials
    after = {
        "A course of ECT in vain": replace(before, ect=FAILED_ECT),
        "An added drug in vain": replace(
            before, trials=(*others, replace(last, augmented_with=(*last.augmented_with, "quetiapine")))
        ),
        "Five more months of illness": replace(before, months=before.months + 5),
        "One more antidepressant in vain": replace(before, trials=(*before.trials, *drugs(1))),
    }
    raised = [text for text, history in after.items() if (msm(history).total or 0) > (msm(before).total or 0)]
    assert raised == [steps[name][2]]


@pytest.mark.parametrize("name", CORRECTED)
def test_the_key_names_the_methods_whose_results_change_and_no_other(
    name: str, steps: dict[str, tuple[str, str, str]]
) -> None:
    before, after = CORRECTED[name]
    results: dict[str, Callable[[History], object]] = {
        "MGH-S": lambda history: mgh_s(history).halves,
        "MSM": lambda history: msm(history).total,
        "Thase–Rush": lambda history: thase_rush(history).stage,
        "European group": lambda history: european(history).group,
    }
    changed = {method for method, result in results.items() if result(before) != result(after)}
    assert {method for method in results if method in steps[name][2]} == changed


def test_the_scores_after_right_unilateral_ect_are_those_of_the_key(steps: dict[str, tuple[str, str, str]]) -> None:
    after = replace(RUNG_FOUR, ect=Ect(bilateral=False))
    assert (thase_rush(RUNG_FOUR).stage, mgh_s(RUNG_FOUR).halves, msm(RUNG_FOUR).total) == (4, 10, 8)
    points, stage = halves_text(mgh_s(after).halves or 0), thase_rush(after).stage
    assert stage is not None
    assert steps["staging-057"][2] == f"Thase–Rush {ROMAN[stage]}, MGH-S {points}, MSM {msm(after).total}"


def test_the_form_that_prints_too_little_leaves_out_what_the_key_says(steps: dict[str, tuple[str, str, str]]) -> None:
    trials = (
        *(Trial("", DrugClass.OTHER, 8, dose_raised=True) for _ in range(5)),
        *(Trial("", DrugClass.OTHER, 8, augmented_with=("lithium",)) for _ in range(4)),
        *(Trial("", DrugClass.OTHER, 8) for _ in range(2)),
    )
    whole = told(*trials, ect=FAILED_ECT)
    assert halves_text(mgh_s(whole).halves or 0) == "18.5"
    assert halves_text(mgh_s(replace(whole, ect=None)).halves or 0) == "15.5"
    assert steps["staging-028"][2] == "It leaves out the course of ECT"


def test_one_adequate_trial_in_six_moderate_months_is_no_resistance_and_mild(
    steps: dict[str, tuple[str, str, str]],
) -> None:
    history = told(trial("sertraline"), trial("venlafaxine", 1, dose_reached=False), months=6)
    assert european(history).gsrd == "non-response"
    assert msm(history).total == 5
    assert steps["staging-035"][2] == "TRD not met; MSM mild"
