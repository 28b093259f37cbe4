"""What was tried in an episode of depression, as entered for staging. A history that cannot be true is refused."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

MOST_WEEKS = 520
MOST_MONTHS = 600


class DrugClass(StrEnum):
    SSRI = "ssri"
    SNRI = "snri"
    TCA = "tca"
    MAOI = "maoi"
    NASSA = "nassa"
    NDRI = "ndri"
    OTHER = "other"

    @property
    def label(self) -> str:
        return {"nassa": "NaSSA", "other": "another class"}.get(self.value, self.value.upper())


DRUGS: dict[str, DrugClass] = {
    "citalopram": DrugClass.SSRI,
    "escitalopram": DrugClass.SSRI,
    "fluoxetine": DrugClass.SSRI,
    "fluvoxamine": DrugClass.SSRI,
    "paroxetine": DrugClass.SSRI,
    "sertraline": DrugClass.SSRI,
    "duloxetine": DrugClass.SNRI,
    "venlafaxine": DrugClass.SNRI,
    "amitriptyline": DrugClass.TCA,
    "clomipramine": DrugClass.TCA,
    "nortriptyline": DrugClass.TCA,
    "moclobemide": DrugClass.MAOI,
    "phenelzine": DrugClass.MAOI,
    "tranylcypromine": DrugClass.MAOI,
    "mianserin": DrugClass.NASSA,
    "mirtazapine": DrugClass.NASSA,
    "bupropion": DrugClass.NDRI,
    "agomelatine": DrugClass.OTHER,
    "trazodone": DrugClass.OTHER,
    "vortioxetine": DrugClass.OTHER,
}
"""Common antidepressants and their class; a history may name others."""


class Outcome(StrEnum):
    """What came of a treatment. Under half of improvement is no response; a quarter to a half is a partial one."""

    FAILED = "failed"
    PARTIAL = "partial"
    RESPONDED = "responded"
    UNTOLERATED = "untolerated"
    UNKNOWN = "unknown"


class Severity(StrEnum):
    """Of the episode at baseline, in the five steps of the MSM."""

    SUBSYNDROMAL = "subsyndromal"
    MILD = "mild"
    MODERATE = "moderate"
    SEVERE = "severe"
    PSYCHOTIC = "psychotic"
    """Severe with psychotic symptoms."""

    @property
    def label(self) -> str:
        return {"severe": "severe without psychosis", "psychotic": "severe with psychosis"}.get(self.value, self.value)


@dataclass(frozen=True)
class Trial:
    """A course of one antidepressant in the present episode; None where it is not known.

    `drug` may be empty: a drug of that class without a name. `weeks` at the dose that was reached. `dose_reached`: at
    least the minimum effective dose. `dose_raised` and `prolonged` are the two optimisations of the MGH-S.
    `augmented_with` holds every drug that was added to this one.
    """

    drug: str
    drug_class: DrugClass
    weeks: int
    outcome: Outcome = Outcome.FAILED
    dose_reached: bool | None = True
    taken: bool | None = True
    dose_raised: bool = False
    prolonged: bool = False
    augmented_with: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.drug[:1].upper() + self.drug[1:] or f"A drug without a name ({self.drug_class.label})"


@dataclass(frozen=True)
class Ect:
    """Electroconvulsive therapy in the present episode; several courses are told as the most complete one."""

    bilateral: bool
    adequate: bool | None = True
    outcome: Outcome = Outcome.FAILED
    weeks: int = 0


class Contradiction(ValueError):
    """A history that cannot be true. `problems`: number of the trial from 1, "ect" or "months" → a sentence."""

    def __init__(self, problems: dict[int | str, str]) -> None:
        super().__init__(" ".join(problems.values()))
        self.problems = problems


@dataclass(frozen=True)
class History:
    """The treatment of one episode of depression. `months`: whole months since it began. Raises Contradiction."""

    trials: tuple[Trial, ...]
    months: int
    severity: Severity
    ect: Ect | None = None
    bipolar: bool = False

    def __post_init__(self) -> None:
        problems: dict[int | str, str] = {}
        if not 0 <= self.months <= MOST_MONTHS:
            problems["months"] = f"An episode lasts between 0 and {MOST_MONTHS} months here."
        classes: dict[str, DrugClass] = {}
        for number, trial in enumerate(self.trials, 1):
            name = trial.drug.casefold()
            if "months" not in problems and (problem := self._wrong_time(trial.weeks, trial.name)):
                problems[number] = problem
            elif name and classes.setdefault(name, DRUGS.get(name, trial.drug_class)) is not trial.drug_class:
                problems[number] = f"{trial.name} belongs to one class; it is entered under another."
            elif name and name in {added.casefold() for added in trial.augmented_with}:
                problems[number] = f"{trial.name} cannot be added to itself."
        if "months" not in problems and self.ect and (problem := self._wrong_time(self.ect.weeks, "ECT")):
            problems["ect"] = problem
        if problems:
            raise Contradiction(problems)

    def _wrong_time(self, weeks: int, name: str) -> str:
        if not 0 <= weeks <= MOST_WEEKS:
            return f"{name}: a treatment lasts between 0 and {MOST_WEEKS} weeks here."
        if 7 * weeks > 31 * (self.months + 1):
            return f"{name} lasted {in_weeks(weeks)}, longer than the episode ({count(self.months, 'month')})."
        return ""


def count(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"


def in_weeks(number: int) -> str:
    return count(number, "week")
