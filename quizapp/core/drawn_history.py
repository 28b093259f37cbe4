"""Histories of treatment drawn by lot, for questions that ask for their stage or score.

What is drawn is plausible and leaves one reading: nothing near the border of a step of duration, no drug twice, no
trial whose counting is disputed, no combination that would harm. The answer and its working come from `core.staging`.
"""

from __future__ import annotations

import math
import random
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from quizapp.core.staging import ROMAN, Staging, halves_text, mgh_s, msm, thase_rush
from quizapp.core.treatment_history import DRUGS, DrugClass, Ect, History, Outcome, Severity, Trial, in_weeks

MODELS = ("thase_rush", "mgh_s", "msm")
STAGES = tuple(ROMAN[1:])
TRIES = 400
FEWEST, MOST = 2, 6
"""Trials in a history."""
Json = dict[str, Any]

_FIRST = tuple(name for name, of in DRUGS.items() if of is DrugClass.SSRI)
_NEXT = ("escitalopram", "sertraline", "venlafaxine", "duloxetine", "mirtazapine", "bupropion")
"""Without vortioxetine: whether it is of another class than an SSRI is judged differently."""
_TRICYCLICS = tuple(name for name, of in DRUGS.items() if of is DrugClass.TCA)
_INHIBITORS = ("phenelzine", "tranylcypromine")
_ADDED = ("lithium", "quetiapine", "aripiprazole")
_MONTHS = (*range(4, 12), *range(14, 24), *range(26, 61))
"""No month next to a border of the MSM."""
_SEVERITY = tuple(Severity)[1:]


@dataclass(frozen=True)
class Result:
    """What a model says of a history. `text`: the stage in Roman, or the score in figures."""

    text: str
    staging: Staging


def result(model: str, history: History) -> Result | None:
    """The stage or score that is asked for; None where the history has none, or where two readings are possible."""
    if model == "thase_rush":
        staged = thase_rush(history)
        clear = staged.stage and staged.stage == staged.stage_if_shared
        return Result(ROMAN[staged.stage], staged) if staged.stage and clear else None
    if model == "mgh_s":
        scored = mgh_s(history)
        return Result(halves_text(scored.halves), scored) if scored.halves else None
    summed = msm(history)
    return Result(str(summed.total), summed) if summed.total is not None else None


def draw(model: str, results: Collection[str], fewest: int, most: int, rng: random.Random) -> History:
    """A history of `fewest` to `most` trials with one clear result, among `results` if any are named.

    Each of these is about equally likely. Raises ValueError if none was found.
    """
    wanted = sorted(results or (STAGES if model == "thase_rush" else ()))
    aim = rng.choice(wanted) if wanted else None
    other = None
    for _ in range(TRIES):
        history = _history(rng, rng.randint(fewest, most))
        found = result(model, history)
        if found is None or (results and found.text not in results):
            continue
        if aim is None or found.text == aim:
            return history
        other = other or history
    if other is None:
        raise ValueError("no history of this kind can be drawn")
    return other


UNLESS = "Unless a line says otherwise, the drug was taken regularly at an adequate dose, and nothing was added."
"""Stands above the lines."""


def tell(history: History) -> tuple[str, ...]:
    """One line for each treatment, as a letter would tell it, to be read below `UNLESS`."""
    told = [_told(trial) for trial in history.trials]
    if history.ect:
        told.append(f"{'Bilateral' if history.ect.bilateral else 'Right unilateral'} ECT, a full course: no response.")
    return tuple(told)


def to_json(history: History) -> Json:
    """The history as plain JSON, as it is stored."""
    return {
        "months": history.months,
        "severity": history.severity.value,
        "trials": [
            {
                "drug": trial.drug,
                "weeks": trial.weeks,
                "outcome": trial.outcome.value,
                "dose_reached": trial.dose_reached,
                "taken": trial.taken,
                "dose_raised": trial.dose_raised,
                "prolonged": trial.prolonged,
                "augmented_with": list(trial.augmented_with),
            }
            for trial in history.trials
        ],
        "bilateral_ect": history.ect.bilateral if history.ect else None,
    }


def from_json(stored: Mapping[str, Any]) -> History:
    """The history that was stored. Raises KeyError or ValueError for something else."""
    return History(
        trials=tuple(
            Trial(
                drug=trial["drug"],
                drug_class=DRUGS[trial["drug"]],
                weeks=trial["weeks"],
                outcome=Outcome(trial["outcome"]),
                dose_reached=trial["dose_reached"],
                taken=trial["taken"],
                dose_raised=trial["dose_raised"],
                prolonged=trial["prolonged"],
                augmented_with=tuple(trial["augmented_with"]),
            )
            for trial in stored["trials"]
        ),
        months=stored["months"],
        severity=Severity(stored["severity"]),
        ect=Ect(bilateral=stored["bilateral_ect"]) if stored["bilateral_ect"] is not None else None,
    )


def _history(rng: random.Random, size: int) -> History:
    names = [rng.choice(_FIRST)]
    late = [rng.choice(_TRICYCLICS)] if rng.random() < 0.6 else []
    if rng.random() < (0.6 if late else 0.15):
        late.append(rng.choice(_INHIBITORS))
    late = late[: size - 1]
    middle = [name for name in rng.sample(_NEXT, len(_NEXT)) if name not in names]
    names += middle[: size - 1 - len(late)] + late
    trials = tuple(_trial(rng, name) for name in names)
    ect = Ect(bilateral=rng.random() < 0.7) if rng.random() < 0.35 else None
    least = math.ceil(sum(trial.weeks + 1 for trial in trials) * 7 / 30) + (1 if ect else 0)
    months = rng.choice([month for month in _MONTHS if month >= least])
    return History(trials, months, rng.choice(_SEVERITY[-2:] if ect else _SEVERITY), ect)


def _trial(rng: random.Random, drug: str) -> Trial:
    """Mostly adequate; else too short, too low, hardly taken, or not borne."""
    drug_class, kind = DRUGS[drug], rng.random()
    if kind < 0.08:
        return Trial(drug, drug_class, rng.randint(1, 3), Outcome.UNTOLERATED)
    if kind < 0.16:
        return Trial(drug, drug_class, rng.randint(6, 9), dose_reached=False)
    if kind < 0.22:
        return Trial(drug, drug_class, rng.randint(6, 9), taken=False)
    if kind < 0.36:
        return Trial(drug, drug_class, rng.choice((2, 3, 4, 5)))
    prolonged = rng.random() < 0.2
    added: tuple[str, ...] = ()
    if rng.random() < 0.3:
        # Nothing but lithium is added to an MAO inhibitor here.
        added = ("lithium",) if drug_class is DrugClass.MAOI else (rng.choice(_ADDED),)
    weeks = rng.randint(12, 16) if prolonged else rng.randint(7, 9)
    return Trial(drug, drug_class, weeks, dose_raised=rng.random() < 0.3, prolonged=prolonged, augmented_with=added)


def _told(trial: Trial) -> str:
    weeks = in_weeks(trial.weeks)
    if trial.outcome is Outcome.UNTOLERATED:
        return f"{trial.name}: stopped after {weeks} for side effects."
    told = f"{trial.name}, {weeks}"
    if trial.dose_reached is False:
        return f"{told}, always below the minimum effective dose: no response."
    if trial.taken is False:
        return f"{told}, but fewer than half of the tablets were taken: no response."
    done = [text for true, text in ((trial.dose_raised, "the dose was raised beyond an adequate one"),
                                    (trial.prolonged, "the trial was prolonged")) if true]  # fmt: skip
    done += [f"{added} was added" for added in trial.augmented_with]
    if not done:
        return f"{told}: no response."
    return f"{told}; {', '.join(done[:-1])}{' and ' if done[1:] else ''}{done[-1]}: no response."
