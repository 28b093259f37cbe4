"""Staging a history of treatment by four models, each with its working.

A model answers from the history alone and says for every trial whether it counted and why. Rules and their sources:
Thase & Rush 1997 (J Clin Psychiatry 58 Suppl 13:23–29), MGH-S: Fava 2003 (Biol Psychiatry 53:649–59), European method:
Souery 1999 (Eur Neuropsychopharmacol 9:83–91), MSM: Fekadu 2009 (J Clin Psychiatry 70:177–84). `facts` of a step are
ids of the evidence base. Points are counted in halves, because the MGH-S gives half points.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from quizapp.core.treatment_history import DrugClass, Ect, History, Outcome, Severity, Trial, count, in_weeks

LEAST_WEEKS = 4
"""Where a model names no duration: at least four weeks at the minimum effective dose (Sforzini 2022; fact C06)."""
MGH_S_WEEKS = 6
EUROPEAN_WEEKS = 6
CHRONIC_MONTHS = 12


class Standing(StrEnum):
    COUNTED = "counted"
    LEFT_OUT = "left_out"
    CAUTION = "caution"


@dataclass(frozen=True)
class Step:
    """A line of the working. `halves`: what it adds, in half points; None where the model gives no points."""

    standing: Standing
    text: str
    facts: tuple[str, ...] = ()
    halves: int | None = None

    @property
    def points(self) -> str:
        return "" if self.halves is None else halves_text(self.halves)


@dataclass(frozen=True)
class Staging:
    """What a model says. `label` names model and result, or says that there is none."""

    label: str
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class ThaseRush(Staging):
    stage: int | None
    """0 to 5; None if the history is refused."""
    stage_if_shared: int | None = None
    """The stage if the same trial may serve two steps."""


@dataclass(frozen=True)
class MghS(Staging):
    halves: int | None
    """The score in half points; None if the history is refused."""


@dataclass(frozen=True)
class Msm(Staging):
    total: int | None
    """3 to 15; None if the history is refused or no drug has failed yet."""
    band: str = ""


@dataclass(frozen=True)
class European(Staging):
    group: str
    """A, B, C, or empty: none yet, or refused."""
    substages: tuple[int, ...] = ()
    """In group B: the sub-stages TRD1–TRD5 whose weeks fit; they overlap, and between them there are gaps."""
    weeks: int = 0
    gsrd: str = ""
    """response, non-response, resistance, or empty."""


ROMAN = ("0", "I", "II", "III", "IV", "V")
SUBSTAGES = {1: (12, 16), 2: (18, 24), 3: (24, 32), 4: (30, 40), 5: (36, 52)}
"""Sub-stage of the European method → weeks, both ends included (fact S26)."""
GROUPS = {"A": "non-responder", "B": "treatment-resistant depression", "C": "chronic resistant depression"}
_BIPOLAR = Step(
    Standing.CAUTION,
    "Depression in bipolar disorder is not staged: definitions of treatment-resistant depression leave it out.",
    ("T05",),
)


def halves_text(halves: int) -> str:
    """Half points in writing: 9 → “4.5”, 8 → “4”."""
    return f"{halves // 2}.5" if halves % 2 else f"{halves // 2}"


def thase_rush(history: History) -> ThaseRush:
    """Stage 0–V (Thase & Rush 1997).

    I: one adequate trial of a major class has failed; II: a second, distinctly different class; III: II and a
    tricyclic; IV: III and an MAO inhibitor; V: IV and bilateral ECT. “And” is read as one more trial: the tricyclic of
    stage III is not also the second class of stage II. Where the other reading gives more, a caution says so.
    """
    if history.bipolar:
        return ThaseRush("Thase–Rush: not staged", (_BIPOLAR,), None)
    steps, failed = _sort(history.trials, LEAST_WEEKS, "C06", "S18")
    classes = [trial.drug_class for trial in failed]
    bilateral_failed = False
    if history.ect:
        reason = _ect_why_not(history.ect)
        if not reason and not history.ect.bilateral:
            reason = "was unilateral, and stage V asks for bilateral ECT"
        bilateral_failed = not reason
        standing = Standing.LEFT_OUT if reason else Standing.COUNTED
        steps.append(Step(standing, f"ECT {reason or 'failed, bilateral'}.", ("S18",)))
    stage = _stage(classes, bilateral_failed)
    generous = _generous_stage(classes, bilateral_failed)
    if generous > stage:
        steps.append(
            Step(
                Standing.CAUTION,
                f"Read here so that each step asks for one more trial. If the same trial may serve two steps, the "
                f"stage is {ROMAN[generous]}.",
                ("S18",),
            )
        )
    for wanted, needed, name in ((DrugClass.MAOI, 4, "MAO inhibitor"), (DrugClass.TCA, 3, "tricyclic")):
        if wanted in classes and generous < needed:
            steps.append(
                Step(
                    Standing.CAUTION,
                    f"The {name} counts as one class only: stage {ROMAN[needed]} builds on stage {ROMAN[needed - 1]}.",
                    ("S18", "S19"),
                )
            )
    if bilateral_failed and stage < 5:
        steps.append(Step(Standing.CAUTION, "ECT alone raises nothing: stage V builds on stage IV.", ("S18",)))
    if any(trial.augmented_with for trial in failed):
        steps.append(Step(Standing.LEFT_OUT, "Augmentation: this model does not count it.", ("S19",)))
    if not failed:
        responded = any(trial.outcome is Outcome.RESPONDED for trial in history.trials)
        text = "No adequate trial has failed." if responded else "No adequate trial yet; some versions call this 0."
        steps.append(Step(Standing.CAUTION, text))
    return ThaseRush(f"Thase–Rush {ROMAN[stage]}", (*steps, *_one_other_class(failed)), stage, generous)


def _stage(classes: Sequence[DrugClass], bilateral_failed: bool) -> int:
    def without(wanted: DrugClass, among: list[DrugClass]) -> list[DrugClass]:
        return [*among[: (place := among.index(wanted))], *among[place + 1 :]] if wanted in among else []

    before_maoi = without(DrugClass.MAOI, list(classes))
    if len(set(without(DrugClass.TCA, before_maoi))) >= 2:
        return 5 if bilateral_failed else 4
    if len(set(without(DrugClass.TCA, list(classes)))) >= 2:
        return 3
    return min(len(set(classes)), 2)


def _generous_stage(classes: Sequence[DrugClass], bilateral_failed: bool) -> int:
    stage = min(len(set(classes)), 2)
    for wanted in (DrugClass.TCA, DrugClass.MAOI):
        if stage == (2 if wanted is DrugClass.TCA else 3) and wanted in classes:
            stage += 1
    return stage + 1 if stage == 4 and bilateral_failed else stage


def mgh_s(history: History) -> MghS:
    """The score of the Massachusetts General Hospital (Fava 2003; open upwards).

    One point for a failed adequate trial (at least 6 weeks at an adequate dose), half a point for each optimisation of
    its dose or duration and for each augmentation or combination, three points for failed ECT.
    """
    if history.bipolar:
        return MghS("MGH-S: not scored", (_BIPOLAR,), None)
    steps, failed = _sort(history.trials, MGH_S_WEEKS, "S21", "S21", halves=2)
    for trial in failed:
        extras = [(trial.dose_raised, "dose raised"), (trial.prolonged, "prolonged")]
        extras += [(True, f"{added} added") for added in trial.augmented_with]
        steps += [Step(Standing.COUNTED, f"{trial.name}: {what}.", ("S21",), 1) for true, what in extras if true]
    if history.ect:
        reason = _ect_why_not(history.ect)
        standing, halves = (Standing.LEFT_OUT, 0) if reason else (Standing.COUNTED, 6)
        steps.append(Step(standing, f"ECT {reason or 'failed'}.", ("S21",), halves))
    halves = sum(step.halves or 0 for step in steps)
    return MghS(f"MGH-S {halves_text(halves)}", tuple(steps), halves)


def msm(history: History) -> Msm:
    """The Maudsley Staging Method, 3–15 (Fekadu 2009; bands: Fekadu 2018, table 3).

    Duration 1–3, severity 1–5, failed antidepressants 1–5 (each drug once), augmentation 0–1, ECT 0–1. The lowest step
    for drugs is one or two failures, so a history without any is not scored. Augmentation and ECT count as used.
    """
    if history.bipolar:
        return Msm("MSM: not scored", (_BIPOLAR,), None)
    steps, failed = _sort(history.trials, LEAST_WEEKS, "C06", "S3.6c")
    names = [trial.drug.casefold() for trial in failed]
    drugs = len({name for name in names if name}) + names.count("")
    if drugs == 0:
        sentence = "No antidepressant has failed at an adequate dose and duration: the MSM begins with one."
        return Msm("MSM: not scored", (*steps, Step(Standing.CAUTION, sentence, ("S3.6c",))), None)
    if drugs < len(failed):
        steps.append(Step(Standing.CAUTION, "A drug that was given more than once counts once.", ("S3.6c",)))
    months = history.months
    duration = 1 if months <= 12 else 2 if months <= 24 else 3
    severity = 1 + list(Severity).index(history.severity)
    failures = 1 + sum(drugs > most for most in (2, 4, 6, 10))
    augmented = any(trial.augmented_with for trial in history.trials)
    given = history.ect is not None
    lasted = ("acute", "sub-acute", "chronic")[duration - 1]
    for points, text, row in (
        (duration, f"Duration: {count(months, 'month')}, {lasted}.", "S3.6a"),
        (severity, f"Severity at baseline: {history.severity.label}.", "S3.6b"),
        (failures, f"Failed antidepressants: {drugs}.", "S3.6c"),
        (int(augmented), f"Augmentation or combination: {'used' if augmented else 'not used'}.", "S3.6d"),
        (int(given), f"ECT: {'used' if given else 'not used'}.", "S3.6e"),
    ):
        steps.append(Step(Standing.COUNTED, text, (row,), 2 * points))
    if history.ect and _ect_why_not(history.ect):
        steps.append(Step(Standing.CAUTION, "The MSM asks whether ECT was used, not how it went.", ("S3.6e",)))
    total = duration + severity + failures + augmented + given
    band = "mild" if total <= 6 else "moderate" if total <= 10 else "severe"
    steps.append(Step(Standing.CAUTION, "Bands: mild 3–6, moderate 7–10, severe 11–15.", ("S30",)))
    return Msm(f"MSM {total}, {band}", tuple(steps), total, band)


def european(history: History) -> European:
    """Group of the European method (Souery 1999), its sub-stage by weeks, and the category of the later GSRD model.

    A: one adequate trial of 6–8 weeks has failed; B: two of different classes, ECT being one; C: resistance for 12
    months or more despite several adequate trials with augmentation. The months of the episode stand for the months of
    resistance. The GSRD model counts failed trials (Bartova 2019): one is non-response, two or more resistance.
    """
    if history.bipolar:
        return European("European: not staged", (_BIPOLAR,), "")
    steps, failed = _sort(history.trials, EUROPEAN_WEEKS, "S25", "S25")
    classes = {str(trial.drug_class) for trial in failed}
    weeks = sum(trial.weeks for trial in failed)
    count = len(failed)
    if history.ect:
        reason = _ect_why_not(history.ect)
        steps.append(
            Step(Standing.LEFT_OUT, f"ECT {reason}.", ("S25",))
            if reason
            else Step(Standing.COUNTED, f"ECT failed ({in_weeks(history.ect.weeks)}): a class of its own.", ("S25",))
        )
        if not reason:
            classes, weeks, count = {*classes, "ect"}, weeks + history.ect.weeks, count + 1
    augmented = any(trial.augmented_with for trial in failed)
    chronic = history.months >= CHRONIC_MONTHS
    group = "" if not count else "A" if len(classes) < 2 else "C" if chronic and augmented else "B"
    substages = tuple(n for n, (least, most) in SUBSTAGES.items() if least <= weeks <= most) if group == "B" else ()
    responded = any(trial.outcome is Outcome.RESPONDED for trial in history.trials)
    gsrd = "resistance" if count > 1 else "non-response" if count else "response" if responded else ""
    if group == "A" and count > 1:
        steps.append(Step(Standing.CAUTION, "All failed trials are of one class; group B asks for two.", ("S25",)))
    if group == "B":
        steps.append(Step(Standing.CAUTION, _about_weeks(weeks, substages), ("S26",)))
        if 7 * weeks > 31 * (history.months + 1):
            steps.append(Step(Standing.CAUTION, "Together the trials last longer than the episode.", ("S26",)))
        if chronic:
            sentence = "12 months or more, but group C normally presupposes augmentation, and none counts here."
            steps.append(Step(Standing.CAUTION, sentence, ("S25",)))
    if group == "C":
        sentence = "Provided that the resistance, and not the episode alone, has lasted 12 months or more."
        steps.append(Step(Standing.CAUTION, sentence, ("S25",)))
    if gsrd:
        steps.append(Step(Standing.CAUTION, f"In the later GSRD model this is {gsrd}.", ("S27",)))
    reached = f"{group}, {GROUPS[group]}" if group else "no group yet"
    if len(substages) == 1:
        reached += f", TRD{substages[0]}"
    return European(f"European {reached}", (*steps, *_one_other_class(failed)), group, substages, weeks, gsrd)


def _about_weeks(weeks: int, substages: Sequence[int]) -> str:
    if substages:
        return f"{in_weeks(weeks)} in all: {' or '.join(f'TRD{n}' for n in substages)}; the sub-stages count weeks."
    return f"{in_weeks(weeks)} in all: no sub-stage fits, because their weeks leave gaps and end at 52."


def _sort(
    trials: Sequence[Trial], least_weeks: int, rule: str, source: str, halves: int | None = None
) -> tuple[list[Step], list[Trial]]:
    """A step for every trial, and those that failed although they were adequate. `rule`: the fact that names the weeks,
    `source`: the fact that makes a failure count."""
    steps, failed = [], []
    for trial in trials:
        reason, facts = _why_not(trial)
        if not reason and trial.weeks < least_weeks:
            reason, facts = f"lasted {in_weeks(trial.weeks)}; a trial counts from {least_weeks}", (rule,)
        if reason:
            steps.append(Step(Standing.LEFT_OUT, f"{trial.name} {reason}.", facts))
            continue
        failed.append(trial)
        name = f"{trial.name} ({trial.drug_class.label})" if trial.drug else trial.name
        steps.append(Step(Standing.COUNTED, f"{name} failed after {in_weeks(trial.weeks)}.", (source,), halves))
        if trial.outcome is Outcome.PARTIAL:
            text = f"{trial.name} brought a partial response: counted here, but some definitions keep it apart."
            steps.append(Step(Standing.CAUTION, text, ("T05",)))
    return steps, failed


_NOT_FAILED: dict[Outcome, tuple[str, tuple[str, ...]]] = {
    Outcome.RESPONDED: ("brought a response", ("T07",)),
    Outcome.UNTOLERATED: ("was stopped for side effects, which is intolerance and not a failure", ("T05",)),
    Outcome.UNKNOWN: ("has an outcome that is not known", ()),
}


def _why_not(trial: Trial) -> tuple[str, tuple[str, ...]]:
    """Why a trial of any length is no failure, as the rest of a sentence, and the facts; empty if it is one."""
    if trial.outcome in _NOT_FAILED:
        return _NOT_FAILED[trial.outcome]
    if not trial.dose_reached:
        known = "did not reach an adequate dose"
        return known if trial.dose_reached is False else "reached a dose that is not known", ("C06",)
    if not trial.taken:
        return "was not taken regularly" if trial.taken is False else "may not have been taken regularly", ("C01",)
    return "", ()


def _ect_why_not(ect: Ect) -> str:
    """The same for ECT."""
    if ect.outcome in _NOT_FAILED:
        return _NOT_FAILED[ect.outcome][0]
    if not ect.adequate:
        return "was not an adequate course" if ect.adequate is False else "may not have been an adequate course"
    return ""


def _one_other_class(failed: Sequence[Trial]) -> tuple[Step, ...]:
    others = {trial.drug.casefold() for trial in failed if trial.drug_class is DrugClass.OTHER}
    if len(others) < 2:
        return ()
    return (Step(Standing.CAUTION, "Drugs of “another class” are taken for one class here; look at them singly."),)
