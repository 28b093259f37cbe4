"""The forms of setting up, and how they are read into plain data and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask import request
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    EmailField,
    Field,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.widgets import CheckboxInput, ListWidget

from quizapp.core.credit.amounts import NoAmount, read_quarters, shown
from quizapp.core.credit.front_matter import NEEDS
from quizapp.core.credit.professions import PROFESSIONS
from quizapp.core.preferences import Unfit
from quizapp.services.crediting import drafting
from quizapp.services.crediting.drafting import Draft
from quizapp.services.crediting.in_control import ROLES
from quizapp.services.crediting.providers import REPORT_FORMATS, Held, ProviderText, SystemText
from quizapp.services.crediting.stock import Question, Stock
from quizapp.services.versions import natural
from quizapp.web.account import zones_by_area
from quizapp.web.fields import Day, WholeNumber, whole_number

TEXTS = (
    "title", "provider", "joint_provider", "audience", "practice_gap", "need", "intended_change", "why_this_format",
    "competencies", "lesson", "method", "quarter", "validity_reviewer", "commercial_support", "board_label",
    "board_reference",
)  # fmt: skip
NUMBERS = ("a_test", "minutes", "minimum_percent", "attempts", "cool_down_minutes")
DAYS = ("released", "expires", "claim_until", "validity_reviewed_on", "board_from", "board_until")
LONGEST_SLUG = 64


def sent_number(name: str) -> int:
    """The number in a hidden field; 0, from which nothing begins that is there, for anything else."""
    return whole_number(request.form.get(name, "")) or 0


def _choices(pairs: Iterable[tuple[str, str]]) -> list[SelectChoice]:
    return [SelectChoice(value=value, label=label) for value, label in pairs]


class BeginForm(FlaskForm):
    title = StringField("Title")
    kind = SelectField(
        "What it is",
        choices=_choices((("lesson", "A lesson with a test"), ("block", "A block of questions for a quarter"))),
        validate_choice=False,
    )


class DraftForm(FlaskForm):
    """All that an activity states and that is typed; which of it counts depends on its kind."""

    title = StringField("Title")
    provider = SelectField("Provider", validate_choice=False)
    joint_provider = StringField("Joint provider")
    audience = TextAreaField("For whom")
    practice_gap = TextAreaField("Gap in practice")
    need = SelectField("Need behind the gap", validate_choice=False)
    intended_change = TextAreaField("What is to change")
    why_this_format = TextAreaField("Why this format")
    competencies = TextAreaField("Competencies")
    lesson = SelectField("Lesson", validate_choice=False)
    a_test = WholeNumber("Questions in a test")
    minutes = WholeNumber("Time it takes, in minutes")
    method = TextAreaField("How to take part and to complete it")
    minimum_percent = WholeNumber("Least that passes, in per cent of the marks")
    attempts = WholeNumber("Attempts")
    cool_down_minutes = WholeNumber("Minutes between two attempts")
    pretest = BooleanField("Offer a test before the lesson")
    released = Day("Released on")
    expires = Day("Expires at the end of")
    claim_until = Day("To be claimed until the end of")
    quarter = StringField("Quarter")
    validity_reviewer = StringField("Who reviewed the content for validity")
    validity_reviewed_on = Day("Reviewed on")
    commercial_support = TextAreaField("Commercial support")
    bibliography = TextAreaField("Bibliography")
    board_label = StringField("Label")
    board_reference = StringField("Reference of the approval")
    board_from = Day("Holds from")
    board_until = Day("Holds until the end of")

    @classmethod
    def of(cls, draft: Draft, providers: Iterable[Held[ProviderText]], stock: Stock) -> DraftForm:
        """The form of a draft, not yet sent."""
        return cls(formdata=None, data=filled(draft)).with_choices(draft, providers, stock)

    def with_choices(self, draft: Draft, providers: Iterable[Held[ProviderText]], stock: Stock) -> DraftForm:
        self.provider.choices = _choices((("", "Choose"), *((one.slug, one.text.name) for one in providers)))
        self.need.choices = _choices((("", "Choose"), *((one, one.capitalize()) for one in NEEDS)))
        lessons = sorted(stock.lessons.values(), key=lambda version: version.body["order"])
        self.lesson.choices = _choices((("", "Choose"), *((one.slug, one.body["title"]) for one in lessons)))
        for field, held in ((self.provider, draft.provider), (self.lesson, draft.lesson)):
            if held and held not in {choice.value for choice in field.choices}:
                field.choices = [*field.choices, SelectChoice(value=held, label=f"{held} (gone)")]
        return self


def filled(draft: Draft) -> dict[str, Any]:
    """The values of the form for a draft; a number that was not given is an empty field."""
    values: dict[str, Any] = {name: getattr(draft, name) for name in (*TEXTS, *DAYS, "pretest")}
    values |= {name: getattr(draft, name) or None for name in NUMBERS}
    return values | {"bibliography": "\n".join(draft.bibliography)}


def read_draft(form: DraftForm, held: Draft, stock: Stock) -> Draft:
    """What was typed, on top of what the form does not show. Raises Unfit for all that cannot be read or kept."""
    problems = {name: str(form[name].process_errors[0]) for name in (*NUMBERS, *DAYS) if form[name].process_errors}
    systems: dict[str, int] = {}
    for name, typed in request.form.items():
        kind, _, slug = name.partition(":")
        if kind == "system" and slug and typed.strip():
            try:
                systems[slug[:LONGEST_SLUG]] = read_quarters(typed)
            except NoAmount as problem:
                problems["systems"] = str(problem)
    objectives, questions = read_content(held, stock)
    given: dict[str, Any] = {name: form[name].data or 0 for name in NUMBERS}
    given.update((name, form[name].data) for name in DAYS)
    given.update((name, _tidy(form[name].data)) for name in TEXTS)
    for name in ("title", "quarter", "validity_reviewer", "board_label", "board_reference"):
        given[name] = " ".join(given[name].split())
    lines = (form.bibliography.data or "").splitlines()
    typed_draft = replace(
        held,
        **given,
        pretest=bool(form.pretest.data),
        systems=systems,
        objectives=objectives,
        questions=questions,
        bibliography=tuple(line for one in lines if (line := one.strip())),
    )
    try:
        drafting.check(typed_draft)
    except Unfit as unfit:
        problems = dict(unfit.problems) | problems
    if problems:
        raise Unfit(problems)
    return typed_draft


def _tidy(text: str | None) -> str:
    return "\n".join(line.rstrip() for line in (text or "").strip().splitlines())


def read_content(held: Draft, stock: Stock) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Objectives and questions as ticked. An objective that is newly ticked without any of its questions brings all of
    them; a question that is ticked brings its objective; an objective that is no longer ticked takes its questions
    away."""
    ticked = list(dict.fromkeys(one[:LONGEST_SLUG] for one in request.form.getlist("objective")))
    questions = list(dict.fromkeys(one[:LONGEST_SLUG] for one in request.form.getlist("question")))
    of_question = {slug: stock.questions[slug].objective for slug in questions if slug in stock.questions}
    brought = [one for one in of_question.values() if one not in held.objectives and one not in ticked]
    objectives = [*ticked, *dict.fromkeys(brought)]
    kept = [slug for slug in questions if of_question.get(slug, "") in (*objectives, "")]
    for objective in ticked:
        own = [one.slug for one in stock.of_objective(objective)]
        if objective not in held.objectives and not set(own) & set(kept):
            kept += own
    known = [slug for slug in stock.objectives if slug in objectives]
    order = {slug: place for place, slug in enumerate(sorted(known, key=natural))}
    objectives.sort(key=lambda slug: order.get(slug, len(order)))
    return tuple(objectives), tuple(sorted(kept))


@dataclass(frozen=True)
class Pick:
    """An objective to tick, with the questions of the secure pool on it; `chosen`: slugs that are ticked."""

    slug: str
    statement: str
    ticked: bool
    questions: tuple[Question, ...]
    chosen: frozenset[str]

    @property
    def signed(self) -> int:
        return sum(bool(one.signed_by) for one in self.questions)


@dataclass(frozen=True)
class PickTopic:
    title: str
    objectives: tuple[Pick, ...]

    @property
    def opened(self) -> bool:
        return any(one.ticked for one in self.objectives)


def picks(draft: Draft, stock: Stock) -> tuple[PickTopic, ...]:
    """The content to choose from, topics in teaching order."""
    topics = sorted(stock.topics.values(), key=lambda version: (version.body["order"], version.slug))
    found = []
    for topic in topics:
        own = [version for version in stock.objectives.values() if version.body["topic"] == topic.slug]
        rows = tuple(
            Pick(
                version.slug,
                version.body["statement"],
                version.slug in draft.objectives,
                stock.of_objective(version.slug),
                frozenset(draft.questions),
            )
            for version in sorted(own, key=lambda version: natural(version.slug))
        )
        if rows:
            found.append(PickTopic(topic.body["title"], rows))
    return tuple(found)


@dataclass(frozen=True)
class Amount:
    """A system of credit with the field for its maximum."""

    slug: str
    unit: str
    designated: bool
    typed: str


def amounts(draft: Draft, systems: Iterable[Held[SystemText]], typed: Mapping[str, str]) -> tuple[Amount, ...]:
    """The fields for credit; what was typed comes back as it was, and a system that is gone can be emptied."""
    found = {one.slug: one.text for one in systems}
    gone = {slug: SystemText(unit=f"{slug} (gone)") for slug in draft.systems if slug not in found}
    return tuple(
        Amount(
            slug,
            text.unit,
            text.designated,
            typed.get(f"system:{slug}", shown(draft.systems[slug]) if slug in draft.systems else ""),
        )
        for slug, text in {**found, **gone}.items()
    )


class PersonForm(FlaskForm):
    name = StringField("Name")
    email = EmailField("Email address", description="optional")
    role = SelectField("Role", choices=_choices((one, one.capitalize()) for one in ROLES), validate_choice=False)
    began = Day("In this role since")


class DisclosureForm(FlaskForm):
    relationships = TextAreaField("Financial relationships")
    employed = BooleanField("Owner or employee of such a company")
    mitigation = TextAreaField("How it was mitigated")
    mitigated_on = Day("Mitigated on")


class ProviderForm(FlaskForm):
    slug = StringField("Short name")
    name = StringField("Name")
    zone = SelectField("Time zone", choices=zones_by_area(), validate_choice=False)
    accredited = BooleanField("It is accredited and may designate credit")
    accreditation_statement = TextAreaField("Accreditation statement")
    exclusion = TextAreaField("Exclusion of ineligible companies")
    contact = TextAreaField("Contact")
    privacy = TextAreaField("Privacy")
    longest_years = WholeNumber("Years until an activity is reviewed at the latest")
    in_control_may_claim = BooleanField("Authors and reviewers may claim credit for their own activities")

    def text(self) -> ProviderText:
        """Raises Unfit for years that are no number."""
        if problem := first_error(self.longest_years):
            raise Unfit({"longest_years": problem})
        return ProviderText(
            name=" ".join((self.name.data or "").split()),
            zone=self.zone.data or "",
            accredited=bool(self.accredited and self.accredited.data),
            contact=_tidy(self.contact.data),
            accreditation_statement=_tidy(self.accreditation_statement.data),
            exclusion=_tidy(self.exclusion.data),
            privacy=_tidy(self.privacy.data),
            longest_years=self.longest_years.data or 0,
            in_control_may_claim=bool(self.in_control_may_claim.data),
        )


class SystemForm(FlaskForm):
    slug = StringField("Short name")
    unit = StringField("What one credit is called")
    step = StringField("Smallest step")
    professions = SelectMultipleField(
        "Who may claim it",
        choices=_choices(PROFESSIONS.items()),
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
        validate_choice=False,
    )
    designated = BooleanField("It is credit that somebody recognises")
    designation_statement = TextAreaField("Designation statement")
    claim_statement = TextAreaField("Statement of whoever claims")
    report_format = SelectField("Reported to", choices=_choices(REPORT_FORMATS.items()), validate_choice=False)
    report_shape = TextAreaField("Shape in which the file is wanted")

    def text(self) -> SystemText:
        """Raises Unfit for a step that is no amount."""
        try:
            step = read_quarters(self.step.data or "")
        except NoAmount as problem:
            raise Unfit({"step": "Write the step as a number, for example 0.25."}) from problem
        return SystemText(
            unit=" ".join((self.unit.data or "").split()),
            step=step,
            professions=tuple(one for one in PROFESSIONS if one in (self.professions.data or ())),
            designated=bool(self.designated.data),
            designation_statement=_tidy(self.designation_statement.data),
            claim_statement=_tidy(self.claim_statement.data),
            report_format=self.report_format.data or "",
            report_shape=_tidy(self.report_shape.data),
        )


def first_error(field: Field) -> str:
    """What could not be read of a field, or nothing."""
    return str(field.process_errors[0]) if field.process_errors else ""
