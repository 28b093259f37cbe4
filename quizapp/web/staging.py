"""Stage a patient: a history of treatment in a form, four models beside each other. Nothing is stored.

The form is posted although it changes nothing: a patient’s history does not belong into addresses and logs.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import BooleanField, FieldList, Form, FormField, IntegerField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length
from wtforms.widgets import TextInput

from quizapp.core import staging
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
from quizapp.db.extension import db
from quizapp.services.content import evidence
from quizapp.web.allow import allow

blueprint = Blueprint("staging", __name__)

MOST_TRIALS = 20
USUAL_TRIALS = 2

CLASS_NAMES = {
    DrugClass.SSRI: "SSRI",
    DrugClass.SNRI: "SNRI",
    DrugClass.TCA: "Tricyclic (TCA)",
    DrugClass.MAOI: "MAO inhibitor",
    DrugClass.NASSA: "NaSSA",
    DrugClass.NDRI: "NDRI",
    DrugClass.OTHER: "Another class",
}
OUTCOMES = (
    (Outcome.FAILED, "No response"),
    (Outcome.PARTIAL, "Partial response (25% to under 50% better)"),
    (Outcome.RESPONDED, "Response (50% better or more)"),
    (Outcome.UNTOLERATED, "Stopped for side effects"),
    (Outcome.UNKNOWN, "Not known"),
)
KNOWN = (("yes", "Yes"), ("no", "No"), ("unknown", "Not known"))
TRUTH = {"yes": True, "no": False, "unknown": None}
SEVERITIES = tuple((step.value, step.label.capitalize()) for step in Severity)
COURSES = (("none", "Not given"), ("bilateral", "Bilateral"), ("unilateral", "Unilateral"))
UNNAMED = "class:"

WORKED_EXAMPLE = History(
    trials=(
        Trial("sertraline", DrugClass.SSRI, 8, dose_raised=True),
        Trial("venlafaxine", DrugClass.SNRI, 8, dose_raised=True),
        Trial("nortriptyline", DrugClass.TCA, 10, augmented_with=("lithium",)),
    ),
    months=26,
    severity=Severity.SEVERE,
)


@dataclass(frozen=True)
class Model:
    """A model with what to know before trusting it; `facts` are the statements behind that."""

    key: str
    stage: Callable[[History], staging.Staging]
    counts: str
    weakness: str
    facts: tuple[str, ...]


MODELS = (
    Model(
        "thase-rush",
        staging.thase_rush,
        "Failed classes in a fixed order, 0 to V.",
        "Takes tricyclics and MAO inhibitors to outrank other drugs; ignores augmentation and the detail of dose and "
        "duration.",
        ("S19",),
    ),
    Model(
        "mgh-s",
        staging.mgh_s,
        "Points for failed trials, optimisation, augmentation and ECT; no upper limit.",
        "Ignores how severe the episode is and how long it has lasted.",
        ("S22",),
    ),
    Model(
        "msm",
        staging.msm,
        "Illness and treatment together, 3 to 15.",
        "rTMS, ketamine, psychotherapy, adherence and function earn no points; two failed drugs can still be “mild”.",
        ("S33", "S34"),
    ),
    Model(
        "european",
        staging.european,
        "Group A, B or C by classes and time; in group B the weeks of treatment.",
        "Asks for a change of class, which the working definition of TRD does not; its sub-stages overlap.",
        ("S25", "T03", "S26"),
    ),
)


def drug_choices() -> list[SelectChoice]:
    """The drugs under their classes, each class with a drug that is not named."""
    choices = [SelectChoice(value="", label="Choose a drug")]
    for drug_class, name in CLASS_NAMES.items():
        drugs = [drug for drug, its_class in DRUGS.items() if its_class is drug_class]
        choices += [SelectChoice(value=drug, label=drug.capitalize(), optgroup=name) for drug in drugs]
        another = "Another drug of another class" if drug_class is DrugClass.OTHER else f"Another {drug_class.label}"
        choices.append(SelectChoice(value=UNNAMED + drug_class.value, label=another, optgroup=name))
    return choices


def choice_of(name: str, choices: Any) -> SelectField:
    """A list in which nothing is chosen beforehand: a stage must not rest on what nobody said."""
    shown = [SelectChoice(value=str(value), label=label) for value, label in (("", "Choose"), *choices)]
    return SelectField(name, choices=shown, default="", validate_choice=False)


class WholeNumber(IntegerField):
    """A whole number; whatever else was typed stays in the field, as no field for numbers would keep it."""

    widget = TextInput()

    def process_formdata(self, valuelist: list[str]) -> None:
        typed = valuelist[0].strip() if valuelist else ""
        if typed and not re.fullmatch(r"[0-9]{1,6}", typed):
            self.data = None
            raise ValueError("Enter a whole number, in digits.")
        self.data = int(typed) if typed else None


class TrialForm(Form):
    """One drug. A row without a drug and without weeks is passed over."""

    drug = SelectField("Drug", choices=drug_choices(), validate_choice=False)
    weeks = WholeNumber("Weeks at the dose reached")
    outcome = choice_of("What came of it", OUTCOMES)
    dose_reached = choice_of("Adequate dose reached?", KNOWN)
    taken = choice_of("Taken regularly?", KNOWN)
    dose_raised = BooleanField("Dose optimised")
    prolonged = BooleanField("Duration optimised")
    augmented_with = StringField(
        "Drugs added, with commas", validators=[Length(max=120, message="Keep this within 120 characters.")]
    )

    @property
    def is_empty(self) -> bool:
        return not (self.drug.data or any(typed.strip() for typed in self.weeks.raw_data or ()))

    def trial(self) -> Trial | None:
        """The trial, or None with a sentence beside each field to mend."""
        drug, drug_class = drug_named(self.drug.data or "")
        refuse(self.drug, drug_class is None and "Choose the drug, or “another” of its class.")
        refuse(self.weeks, self.weeks.data is None and not self.weeks.errors and "Enter the weeks.")
        for field in (self.outcome, self.dose_reached, self.taken):
            refuse_unknown(field)
        if self.errors or drug_class is None or self.weeks.data is None:
            return None
        added = (name.strip() for name in re.split(r"[,;+]", self.augmented_with.data or ""))
        return Trial(
            drug=drug,
            drug_class=drug_class,
            weeks=self.weeks.data,
            outcome=Outcome(self.outcome.data),
            dose_reached=TRUTH[self.dose_reached.data],
            taken=TRUTH[self.taken.data],
            dose_raised=self.dose_raised.data,
            prolonged=self.prolonged.data,
            augmented_with=tuple(dict.fromkeys(name for name in added if name)),
        )


class HistoryForm(FlaskForm):
    """The treatment of one episode."""

    months = WholeNumber("Months since it began")
    severity = choice_of("Severity at baseline", SEVERITIES)
    bipolar = BooleanField("It belongs to a bipolar disorder")
    trials = FieldList(FormField(TrialForm), max_entries=MOST_TRIALS)
    ect = choice_of("Electroconvulsive therapy (ECT)", COURSES)
    ect_adequate = choice_of("Adequate course?", KNOWN)
    ect_outcome = choice_of("What came of the course", OUTCOMES)
    ect_weeks = WholeNumber("Weeks of the course")

    def add_row(self) -> None:
        if len(self.trials) < MOST_TRIALS:
            self.trials.append_entry()

    def remove_row(self, number: int) -> None:
        """Take the row with this number, counted from 1, out of the form; its neighbours keep what they hold."""
        if 1 <= number <= len(self.trials):
            del self.trials.entries[number - 1]

    def history(self) -> History | None:
        """What was entered, or None with a sentence beside each field to mend."""
        self.validate()
        refuse(self.months, self.months.data is None and not self.months.errors and "Enter the months; 0 if under one.")
        given = self.ect.data not in ("", "none")
        for field in (self.severity, self.ect, *((self.ect_adequate, self.ect_outcome) if given else ())):
            refuse_unknown(field)
        rows = [row.form for row in self.trials if not row.form.is_empty]
        trials = [row.trial() for row in rows]
        entered = [trial for trial in trials if trial is not None]
        if len(entered) < len(rows) or self.months.data is None or has_errors(self):
            return None
        try:
            return History(
                trials=tuple(entered),
                months=self.months.data,
                severity=Severity(self.severity.data),
                ect=self.course(),
                bipolar=self.bipolar.data,
            )
        except Contradiction as problem:
            for where, sentence in problem.problems.items():
                named = {"months": self.months, "ect": self.ect_weeks}
                refuse(rows[where - 1].weeks if isinstance(where, int) else named[where], sentence)
            return None

    def course(self) -> Ect | None:
        if self.ect.data == "none":
            return None
        return Ect(
            bilateral=self.ect.data == "bilateral",
            adequate=TRUTH[self.ect_adequate.data],
            outcome=Outcome(self.ect_outcome.data),
            weeks=self.ect_weeks.data or 0,
        )

    def problems(self) -> list[tuple[str, str, str]]:
        """Id, name and sentence of every field to mend, in the order of the form."""
        named = [(field, field.label.text) for field in (self.months, self.severity)]
        for number, row in enumerate(self.trials, 1):
            named += [(field, f"Trial {number}, {field.label.text}") for field in row.form]
        named += [
            (field, field.label.text) for field in (self.ect, self.ect_adequate, self.ect_outcome, self.ect_weeks)
        ]
        return [(field.id, name, field.errors[0]) for field, name in named if field.errors]


def drug_named(value: str) -> tuple[str, DrugClass | None]:
    """Name and class behind a choice of the list of drugs; no class if it is none of them."""
    if value.startswith(UNNAMED) and value.removeprefix(UNNAMED) in set(DrugClass):
        return "", DrugClass(value.removeprefix(UNNAMED))
    return value, DRUGS.get(value)


def refuse(field: Any, sentence: str | bool) -> None:
    """Put a sentence beside a field, if there is one."""
    if sentence:
        field.errors = (*field.errors, sentence)


def refuse_unknown(field: SelectField) -> None:
    offered = {choice.value for choice in field.choices or ()} - {""}
    refuse(field, field.data not in offered and "Choose one from the list.")


def has_errors(form: HistoryForm) -> bool:
    return bool(form.problems() or form.errors.get("csrf_token"))


def filled(history: History) -> HistoryForm:
    """The form with a history in it."""
    words = {truth: word for word, truth in TRUTH.items()}
    trials = [
        {
            "drug": trial.drug or UNNAMED + trial.drug_class,
            "weeks": trial.weeks,
            "outcome": trial.outcome.value,
            "dose_reached": words[trial.dose_reached],
            "taken": words[trial.taken],
            "dose_raised": trial.dose_raised,
            "prolonged": trial.prolonged,
            "augmented_with": ", ".join(trial.augmented_with),
        }
        for trial in history.trials
    ]
    return HistoryForm(
        formdata=None,
        data={"months": history.months, "severity": history.severity.value, "ect": "none", "trials": trials},
    )


@blueprint.get("/stage")
@allow("signed_in")
def stage() -> ResponseReturnValue:
    if "example" in request.args:
        return stage_page(filled(WORKED_EXAMPLE), WORKED_EXAMPLE, example=True)
    return stage_page(HistoryForm(formdata=None, data={"trials": [{}] * USUAL_TRIALS}))


@blueprint.post("/stage")
@allow("signed_in")
def staged() -> ResponseReturnValue:
    """Add a row, take one away, or stage what was entered; the page comes back with everything in it."""
    form, wish = HistoryForm(), request.form.get("do", "")
    if wish == "add":
        form.add_row()
        return stage_page(form, focus=len(form.trials))
    if removed := re.fullmatch(r"remove-([0-9]{1,3})", wish):
        form.remove_row(int(removed[1]))
        return stage_page(form, focus=min(int(removed[1]), len(form.trials)))
    history = form.history()
    if history is None:
        return stage_page(form), 422
    return stage_page(form, history)


def stage_page(
    form: HistoryForm, history: History | None = None, *, example: bool = False, focus: int | None = None
) -> str:
    """The page. `focus`: the number of the trial at which reading goes on; 0 if none is left."""
    return render_template(
        "staging/stage.html",
        form=form,
        problems=form.problems(),
        history=history,
        results=[(model, model.stage(history)) for model in MODELS] if history else [],
        known=evidence.list_known(db.session()),
        example=example,
        focus=focus,
        outcomes={outcome.value: name for outcome, name in OUTCOMES},
        most_trials=MOST_TRIALS,
    )
