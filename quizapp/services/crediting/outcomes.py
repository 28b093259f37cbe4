"""What an activity changed: marks on unseen questions before, in the test and later, put together. Reads only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from quizapp.core.credit import outcomes
from quizapp.core.credit.outcomes import BEFORE, DAYS, FEWEST_PEOPLE, FEWEST_QUESTIONS, LEVELS, Cell, Change, Line, Mark
from quizapp.core.wording import count
from quizapp.db.models import ActivityVersion, Content, ContentVersion, Participation, Presentation, Response, Sitting
from quizapp.formats.paper import Block, Heading, Items, Paper, Para, Table
from quizapp.services.accounts import Actor
from quizapp.services.crediting import scope
from quizapp.services.crediting.scope import Run
from quizapp.services.sittings import effective

WORDS = {BEFORE: "before", "test": "test", **{name: f"after {days} days" for name, days in DAYS.items()}}
"""Measure → what it is called."""


@dataclass(frozen=True)
class Outcomes:
    """`lines`: everything, each level, each objective; `statements`: slug of an objective → what one can do;
    `left_out`: answers to questions that had been met before, which tell nothing here."""

    run: Run
    lines: tuple[Line, ...]
    statements: dict[str, str]
    people: int
    answers: int
    left_out: int

    def name(self, line: Line) -> str:
        if line.kind == "all":
            return "All questions"
        if line.kind == "level":
            return f"Level {line.name}: {LEVELS[line.name]}"
        return f"You can {self.statements[line.name]}"


def get_outcomes(session: Session, actor: Actor, activity_id: int) -> Outcomes:
    """The report on an activity, all editions together. Raises LookupError."""
    return of_activity(session, scope.get_run(session, actor, activity_id))


def of_activity(session: Session, run: Run) -> Outcomes:
    """The same for whoever may see it."""
    statements: dict[str, str] = {}
    for body in session.scalars(
        sa.select(ActivityVersion.body).where(ActivityVersion.activity_id == run.id).order_by(ActivityVersion.edition)
    ):
        statements |= {one["slug"]: one["statement"] for one in body.get("objectives", ())}
    rows = session.execute(_ANSWERS.where(Participation.activity_id == run.id)).all()
    # Of several attempts the first: the later ones were taken by those who had missed it.
    first: dict[int, int] = {}
    for row in rows:
        if row.purpose == "test":
            first[row.participation_id] = min(first.get(row.participation_id, row.sitting_id), row.sitting_id)
    counted = [row for row in rows if row.purpose != "test" or row.sitting_id == first[row.participation_id]]
    marks = [
        Mark(
            row.participation_id,
            row.purpose,
            row.content_id,
            row.objective,
            outcomes.level_of(row.bloom or "", row.type or ""),
            row.earned,
            row.possible,
        )
        for row in counted
        if row.first_exposure
    ]
    return Outcomes(
        run,
        outcomes.lines(marks, tuple(statements)),
        statements,
        len({mark.person for mark in marks}),
        len(marks),
        len(counted) - len(marks),
    )


def shown_cell(cell: Cell) -> str:
    """“72 % (n = 14)”, or why there is none."""
    if cell.share is None:
        return f"not available: {cell.why}"
    return f"{100 * cell.share:.0f} % (n = {cell.people})"


def shown_change(change: Change) -> str:
    """“+12 points (5 to 19; n = 14)”, or why there is none."""
    if change.mean is None or change.low is None or change.high is None:
        return f"not available: {change.why}"
    low, mean, high = (round(100 * one) for one in (change.low, change.mean, change.high))
    return f"{_signed(mean)} points ({_signed(low)} to {_signed(high)}; n = {change.people})"


def _signed(points: int) -> str:
    return f"+{points}" if points > 0 else f"−{-points}" if points < 0 else "0"


def export_rows(found: Outcomes) -> list[list[str]]:
    """The report as a table of texts: one row for each line and measure, and one for each comparison."""
    rows = [["Row", "Kind", "What", "n", "Questions", "Mean", "Low 95 %", "High 95 %", "Not available"]]
    for line in found.lines:
        name = found.name(line)
        for cell in line.cells:
            share = "" if cell.share is None else f"{cell.share:.4f}"
            rows.append(
                [name, "share", WORDS[cell.measure], str(cell.people), str(cell.questions), share, "", "", cell.why]
            )
        for one in line.changes:
            figures = ["" if value is None else f"{value:.4f}" for value in (one.mean, one.low, one.high)]
            what = f"{WORDS[one.before]} → {WORDS[one.after]}"
            rows.append([name, "difference", what, str(one.people), "", *figures, one.why])
    return rows


METHOD = (
    "Only answers to questions that the participant had never met are counted: in the activity’s questions before the "
    "lesson, in its first test, and 30, 90 and 180 days after that on other questions of the same objectives.",
    "A share is the mean, over participants, of the marks earned of those possible. A difference is paired: of those "
    "who sat both, with the 95 % interval of Student’s t.",
    f"Below {FEWEST_PEOPLE} participants, or {FEWEST_QUESTIONS} questions, nothing is computed.",
    "Levels are Moore’s. 3A, declarative knowledge: questions that ask to remember or understand. 3B, procedural "
    "knowledge: questions that ask to apply. 4, competence: questions that ask to analyse or evaluate, and all cases, "
    "key-feature and script-concordance questions. Scores on questions show nothing about performance in practice.",
)


def paper(found: Outcomes, today: dt.date) -> Paper:
    """The report as a document."""
    blocks: list[Block] = [
        Para(
            f"{count(found.people, 'participant')}, {count(found.answers, 'answer')} to unseen questions; "
            f"{count(found.left_out, 'answer')} to questions met before {_are(found.left_out)} left out."
        ),
        Heading("How it was measured"),
        Items(METHOD),
    ]
    for kind, heading in (("all", "Overall"), ("level", "By level"), ("objective", "By objective")):
        lines = [line for line in found.lines if line.kind == kind]
        if lines:
            blocks += [Heading(heading), _shares(found, lines), _differences(found, lines)]
    return Paper(f"Outcomes: {found.run.title}", today, tuple(blocks))


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


def _shares(found: Outcomes, lines: Sequence[Line]) -> Table:
    head = ("Questions", *(WORDS[cell.measure] for cell in lines[0].cells))
    return Table(
        "Mean share of marks on unseen questions",
        head,
        tuple((found.name(line), *(shown_cell(cell) for cell in line.cells)) for line in lines),
    )


def _differences(found: Outcomes, lines: Sequence[Line]) -> Table:
    head = ("Questions", *(f"{WORDS[one.before]} → {WORDS[one.after]}" for one in lines[0].changes))
    return Table(
        "Paired differences in percentage points, with 95 % intervals",
        head,
        tuple((found.name(line), *(shown_change(one) for one in line.changes)) for line in lines),
    )


_objective = sa.orm.aliased(Content)
_ANSWERS = (
    sa.select(
        Sitting.participation_id,
        Sitting.purpose,
        Sitting.id.label("sitting_id"),
        Response.content_id,
        Response.first_exposure,
        effective.c.earned,
        effective.c.possible,
        _objective.slug.label("objective"),
        ContentVersion.body["bloom"].as_string().label("bloom"),
        ContentVersion.body["type"].as_string().label("type"),
    )
    .select_from(Sitting)
    .join(Participation, Participation.id == Sitting.participation_id)
    .join(Presentation, Presentation.sitting_id == Sitting.id)
    .join(
        Response,
        sa.and_(Response.presentation_id == Presentation.id, Response.learner_id == Presentation.learner_id),
    )
    .join(effective, effective.c.id == Response.id)
    .join(_objective, _objective.id == Response.objective_id)
    .join(ContentVersion, ContentVersion.id == Presentation.version_id)
    .where(
        ~Presentation.replaced,  # or SQLite reads every question
        Sitting.closed_at.is_not(None),
        Sitting.purpose.in_(outcomes.MEASURES),
        effective.c.evidence,
    )
    .order_by(Response.id)
)
